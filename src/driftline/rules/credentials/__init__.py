"""Rules on credentials: what keys say about themselves against where they stand."""
