"""The log of facts, the only truth."""
