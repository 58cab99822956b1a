"""How fresh an answer must be, and the read that waits for it."""

import re
from collections.abc import Callable
from time import monotonic
from typing import Generic, NamedTuple, TypeVar

from falcon.asgi import Request

from projections.readmodel.errors import NotThere
from projections.readmodel.reads import Reads
from queries.http.prefer import wait_seconds
from web.params import Params
from web.problem import Problem

ASKED_WAIT = 5.0
UNASKED_WAIT = 1.0
MAX_POSITION = 10**18 - 1

_POSITION = re.compile("0|[1-9][0-9]{0,17}", re.ASCII)

T = TypeVar("T")
V = TypeVar("V")


class Freshness(NamedTuple):
    """The log position that an answer must include, None if none was asked for, and the seconds to wait."""

    position: int | None
    wait: float

    def since(self, start: float) -> "Freshness":
        """The same for a second read of one request that began at the monotonic time `start`."""
        return Freshness(self.position, max(0.0, self.wait - (monotonic() - start)))


def freshness(req: Request, params: Params) -> Freshness:
    """What `Min-Log-Position`, `min_position` and `Prefer: wait` ask for; the larger of two positions counts.

    Raises Problem 400 for a malformed header; a bad parameter is left to `params.done()`.
    """
    position = params.integer("min_position", None, 0, MAX_POSITION)
    header = req.get_header("Min-Log-Position")
    if header is not None:
        if not _POSITION.fullmatch(header):
            raise Problem(400, "Min-Log-Position must be a whole number of at most 18 digits.")
        position = max(int(header), position or 0)
    wait = UNASKED_WAIT if position is None else ASKED_WAIT
    preferred = wait_seconds(req.get_header("Prefer"))
    return Freshness(position, wait if preferred is None else min(wait, preferred))


def only_freshness(req: Request) -> Freshness:
    """The freshness, for a route that knows no other parameter. Raises Problem 422 if one is given."""
    params = Params(req)
    fresh = freshness(req, params)
    params.done()
    return fresh


class Reading(Generic[V]):
    """Reads of one read model, each as fresh as its request asks, or else as `floor` says.

    `floor` is the position that this process has acknowledged to its clients, 0 for none.
    """

    def __init__(self, reads: Reads[V], floor: Callable[[], int]) -> None:
        self._reads = reads
        self._floor = floor

    async def read(self, fresh: Freshness, query: Callable[[V], T]) -> T:
        """The answer of `query`. Raises ReadModelUnavailable, and NotThere for an asked position."""
        if fresh.position is not None:
            return await self._reads.read(query, fresh.position, fresh.wait)
        floor = self._floor()
        if not floor:
            return await self._reads.read(query)
        try:
            return await self._reads.read(query, floor, fresh.wait)
        except NotThere:
            # Nobody asked for the floor: an older answer now is better than none.
            return await self._reads.read(query)
