"""The front door: the command line, and everything in one process."""

__version__ = "0.1.0"
