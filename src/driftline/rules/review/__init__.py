"""Rules of the launch review."""
