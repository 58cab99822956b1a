"""What a request is called: its `X-Request-Id`, and its place in a W3C trace."""

import random
import re
from collections.abc import Iterable
from contextvars import ContextVar

from msgspec import Struct

_REQUEST_ID = re.compile(rb"[!-~]{1,128}")
# https://www.w3.org/TR/trace-context/: a later version may go on after the flags, behind a dash.
_TRACEPARENT = re.compile(rb"([0-9a-f]{2})-([0-9a-f]{32})-([0-9a-f]{16})-([0-9a-f]{2})(-.*)?")
_NEITHER_IS_ZERO = 1 << 128 | 1


class Trace(Struct, frozen=True, gc=False):
    """`request_id` is 1–128 visible ASCII characters; `traceparent` names this request itself, in version 00."""

    request_id: str
    traceparent: str

    @property
    def trace_id(self) -> str:
        """32 hexadecimal digits that all requests of the trace share."""
        return self.traceparent[3:35]


current: ContextVar[Trace | None] = ContextVar("parley.trace", default=None)
"""The request that is being answered, for whatever runs on its behalf."""


def trace_of(headers: Iterable[tuple[bytes, bytes]]) -> Trace:
    """The trace of a request with these ASGI headers.

    What is missing, malformed or there twice is begun anew. A request id that is made is the request's span id.
    """
    request_id = parent = None
    for name, value in headers:
        if name == b"x-request-id":
            request_id = value.strip() if request_id is None else b""
        elif name == b"traceparent":
            parent = value.strip() if parent is None else b""
    # `random` starts anew in a forked worker, and nobody gains by guessing these.
    made = (random.getrandbits(192) | _NEITHER_IS_ZERO).to_bytes(24).hex()
    span, begun = made[:16], made[16:]
    if parent is None or (known := _parsed(parent)) is None:
        traceparent = f"00-{begun}-{span}-00"
    else:
        trace_id, flags = known
        traceparent = f"00-{trace_id}-{span}-{flags}"
    given = None if request_id is None else _REQUEST_ID.fullmatch(request_id)
    return Trace(span if given is None else given[0].decode(), traceparent)


def _parsed(parent: bytes) -> tuple[str, str] | None:
    """(trace id, flags) of a `traceparent`; None if it is not one."""
    found = _TRACEPARENT.fullmatch(parent)
    if found is None:
        return None
    version, trace_id, parent_id, flags, rest = found.groups()
    if version == b"ff" or (version == b"00" and rest is not None):
        return None
    if not int(trace_id, 16) or not int(parent_id, 16):
        return None
    # Of the flags only the ones that version 00 knows mean anything: that the caller samples.
    return trace_id.decode(), f"{int(flags, 16) & 1:02x}"
