"""The page at `/docs`, which shows `/openapi.json` to people."""
