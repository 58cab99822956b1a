"""Real servers for the tests and for development, as plain processes on private ports and folders."""
