"""The handlers: which rows an intent locks, what it looks at, and what it answers."""
