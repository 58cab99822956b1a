"""gzip for lists, where the client takes it and it is worth the time."""

import asyncio
import re
import zlib

from falcon.asgi import Request, Response

LEAST_BYTES = 1024
"""What is shorter fits into one packet as it is."""
MOST_ON_LOOP = 64 * 1024
"""What is longer is compressed on a thread."""
LEVEL = 1
_GZIP = 16 + zlib.MAX_WBITS

_CODING = re.compile(
    r"[ \t]*+(?P<name>[!#$%&'*+\-.^_`|~0-9A-Za-z]++)[ \t]*+(?:;[ \t]*+[qQ]=(?P<q>[01](?:\.[0-9]{0,3})?)[ \t]*+)?"
)


class Compression:
    """Falcon middleware: compresses answers that `mark` was called on.

    Nothing with an `ETag` may be marked: its bytes would be others than the tag stands for.
    """

    async def process_response(
        self, req: Request, resp: Response, _resource: object, succeeded: bool
    ) -> None:
        """Look at the answer."""
        if not getattr(resp.context, "compressible", False):
            return
        resp.append_header("Vary", "Accept-Encoding")
        data = resp.data
        if not succeeded or resp.status_code != 200 or data is None or len(data) < LEAST_BYTES:
            return
        if not takes_gzip(req.get_header("Accept-Encoding")):
            return
        if len(data) > MOST_ON_LOOP:
            resp.data = await asyncio.get_running_loop().run_in_executor(None, _gzip, data)
        else:
            resp.data = _gzip(data)
        resp.set_header("Content-Encoding", "gzip")


def mark(resp: Response) -> None:
    """The answer is a list, and may be compressed."""
    resp.context.compressible = True


def takes_gzip(header: str | None) -> bool:
    """Whether an `Accept-Encoding` prefers gzip to nothing (RFC 9110, 12.5.3); what can't be read is passed over."""
    if header is None:
        return False
    weights: dict[str, float] = {}
    for part in header.split(","):
        coding = _CODING.fullmatch(part)
        if coding is not None:
            name = coding["name"].lower().removeprefix("x-")
            weights.setdefault(name, min(1.0, float(coding["q"] or "1")))
    gzip = weights.get("gzip", weights.get("*", 0.0))
    return gzip > 0 and gzip >= weights.get("identity", 0.0)


def _gzip(data: bytes) -> bytes:
    compressor = zlib.compressobj(LEVEL, wbits=_GZIP)
    return compressor.compress(data) + compressor.flush()
