"""Where an event comes from, as it stands in its `meta`: the request, and the W3C trace that it is part of."""

from typing import NamedTuple

_SIZE = 26
"""Version, trace id, span id and flags of the `traceparent`, as bytes; the request id follows."""


class Origin(NamedTuple):
    """`request_id` is visible ASCII; `traceparent` is of version 00 and names the request's own span."""

    request_id: str
    traceparent: str


def pack(request_id: str, traceparent: str) -> bytes:
    """The `meta` of an event. A request id that is the span's, as those that were made are, takes no room."""
    named = b"" if request_id == traceparent[36:52] else request_id.encode("ascii")
    return bytes.fromhex(traceparent.replace("-", "")) + named


def unpack(meta: bytes | None) -> Origin | None:
    """What `pack` was given; None where nothing is, or what another program has left."""
    if meta is None or len(meta) < _SIZE or meta[0] != 0 or not meta[_SIZE:].isascii():
        return None
    digits = meta[:_SIZE].hex()
    span = digits[34:50]
    return Origin(meta[_SIZE:].decode() or span, f"00-{digits[2:34]}-{span}-{digits[50:]}")
