"""The command API: requests become intents, outcomes and refusals become answers."""
