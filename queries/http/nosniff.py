"""Keeps browsers from guessing that stored text is a page."""

from typing import Any


class NoSniff:
    """Falcon middleware: `X-Content-Type-Options: nosniff` on every answer."""

    async def process_response(self, _req: Any, resp: Any, _resource: Any, _succeeded: bool) -> None:
        """Falcon calls this for refusals too."""
        resp.set_header("X-Content-Type-Options", "nosniff")
