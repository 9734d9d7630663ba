"""driftline: what a web project's environments really contain, checked before it ships."""

__version__ = "0.1.0"
