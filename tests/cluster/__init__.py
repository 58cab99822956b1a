"""A whole Parley as it runs in production, as plain processes on loopback behind its gateway."""
