"""What lies in front of us: settings, discovery, git, the live process environment."""
