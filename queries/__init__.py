"""The query side: read models become answers."""
