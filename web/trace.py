"""What a request is called: its `X-Request-Id`, and its place in a W3C trace."""

import random
import re
from collections.abc import Iterable
from contextvars import ContextVar
from typing import NamedTuple

_REQUEST_ID = re.compile(rb"[!-~]{1,128}")
# https://www.w3.org/TR/trace-context/: a later version may go on after the flags, behind a dash.
_TRACEPARENT = re.compile(rb"([0-9a-f]{2})-([0-9a-f]{32})-([0-9a-f]{16})-([0-9a-f]{2})(-.*)?")


class Trace(NamedTuple):
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
    span = f"{random.getrandbits(64) or 1:016x}"
    known = None if parent is None else _parsed(parent)
    trace_id, flags = known or (f"{random.getrandbits(128) or 1:032x}", "00")
    given = request_id is not None and _REQUEST_ID.fullmatch(request_id)
    return Trace(given[0].decode() if given else span, f"00-{trace_id}-{span}-{flags}")


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
