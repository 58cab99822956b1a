"""The front door: the command line, and everything in one process."""
