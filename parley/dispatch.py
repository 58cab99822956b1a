"""One ASGI app for the public address: GET and HEAD to the queries, everything else to the commands."""

from commands.http.app import ROUTES as COMMAND_ROUTES
from queries.http.app import ROUTES as QUERY_ROUTES
from web.guard import ASGIApp, Receive, Scope, Send

ALLOWED = {
    template: (*COMMAND_ROUTES.get(template, ()), *QUERY_ROUTES.get(template, ()))
    for template in {**COMMAND_ROUTES, **QUERY_ROUTES}
}
"""The methods of every route on the public address."""


def by_method(commands: ASGIApp, queries: ASGIApp) -> ASGIApp:
    """Both behind one address."""

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        side = queries if scope["method"] in ("GET", "HEAD") else commands
        await side(scope, receive, send)

    return app
