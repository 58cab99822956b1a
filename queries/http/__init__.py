"""The HTTP face of the query side."""
