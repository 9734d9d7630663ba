"""The launch review."""
