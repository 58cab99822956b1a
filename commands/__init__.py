"""The command side: intents become facts in the log."""
