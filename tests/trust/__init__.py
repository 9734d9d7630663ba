"""What docs/threat-model.md promises, promise by promise, against hostile input."""
