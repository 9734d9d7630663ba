"""Rules on exposure: secrets where a browser or a commit can see them."""
