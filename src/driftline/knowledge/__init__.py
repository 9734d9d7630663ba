"""What we know of the world, as data, and how a value is identified by it."""
