"""The rules: pure functions from what was and what is wanted to what happens."""
