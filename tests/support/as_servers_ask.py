"""Falcon's test client in front of layers that look at headers more than once, as servers let them."""

from web.guard import ASGIApp, Receive, Scope, Send


def as_servers_ask(app: ASGIApp) -> ASGIApp:
    """`app`, asked by a client that gives headers that can be looked at only once."""

    async def asked(scope: Scope, receive: Receive, send: Send) -> None:
        if "headers" in scope:
            scope["headers"] = [tuple(header) for header in scope["headers"]]
        await app(scope, receive, send)

    return asked
