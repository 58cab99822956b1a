"""The one `send` that all layers of a request share."""

from collections.abc import Awaitable, Callable
from typing import Any

from web.guard import Send

Header = tuple[bytes, bytes]


class Answering:
    """Passes an answer on, with what the layers add to its headers, and knows how far it is.

    The outermost layer makes it, and those within find it in the `send` that they get: a `send` for each layer would
    be one more coroutine for each event, and one more copy of the headers.
    """

    __slots__ = ("_send", "added", "looks", "sent", "status")

    def __init__(self, send: Send) -> None:
        self._send = send
        self.status = 0
        """0 before the answer begins."""
        self.sent = 0
        """Bytes of the body."""
        self.added: list[Header] = []
        """What the headers will end with."""
        self.looks: Callable[[list[Header]], Header | None] | None = None
        """Gets all of them, and may have one more."""

    def __call__(self, event: dict[str, Any]) -> Awaitable[None]:
        """Take an event of the app."""
        if event["type"] == "http.response.start":
            self.status = event["status"]
            headers = [*event.get("headers", ()), *self.added]
            if self.looks is not None and (more := self.looks(headers)) is not None:
                headers.append(more)
            event = {**event, "headers": headers}
        else:
            self.sent += len(event.get("body", b""))
        return self._send(event)


def answering(send: Send) -> Answering:
    """`send` if a layer further out has made it already, else one around it."""
    return send if type(send) is Answering else Answering(send)
