"""What stands before Falcon in every process that answers clients, from the outside in."""

from collections.abc import Callable

from web.guard import ASGIApp, guard


def front(app: ASGIApp, body_limit: int | Callable[[str], int]) -> ASGIApp:
    """`app` behind all layers; `body_limit` is in bytes, for all or by path."""
    return guard(app, body_limit)
