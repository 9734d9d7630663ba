"""Rules on drift: what code needs, what environments declare, where they disagree."""
