"""Sends the statements of a batch in few packets, and looks at what each has changed."""

from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import NamedTuple

from projections.readmodel.errors import Misfit
from projections.readmodel.mysql_session import MySQLSession

_PACKET_BYTES = 256 << 10
"""Enough for a round trip to cost little, and a small part of a large batch."""


class Write(NamedTuple):
    """A statement, and how many rows it must change; what it is that does not fit if those are not as many.

    `unless` is a statement that gives rows if anything is wrong, where the count alone can't tell.
    """

    statement: str
    changes: int | None = None
    what: str = ""
    unless: str | None = None


def send(session: MySQLSession, writes: Iterable[Write]) -> None:
    """Make the changes in the transaction that is open. Raises Misfit.

    The text of a packet is made while the server works on the one before; `writes` may use the session before it
    gives its first.
    """
    packets = _packets(writes)
    first, second = next(packets, []), next(packets, None)
    _send(session, first)
    if second is None:
        return
    with ThreadPoolExecutor(1, "text-ahead") as ahead:
        packet: list[Write] | None = second
        while packet is not None:
            coming = ahead.submit(next, packets, None)
            _send(session, packet)
            packet = coming.result()


def _send(session: MySQLSession, packet: Sequence[Write]) -> None:
    if not packet:
        return
    results = session.packet([write.statement for write in packet])
    for write, result in zip(packet, results, strict=True):
        if write.changes not in (None, result.changed) and (
            write.unless is None or session.rows(write.unless)
        ):
            raise Misfit(f"a change of {write.what} that is not there, or not as it was")


def _packets(writes: Iterable[Write]) -> Iterator[list[Write]]:
    packet: list[Write] = []
    size = 0
    for write in writes:
        if packet and size + len(write.statement) > _PACKET_BYTES:
            yield packet
            packet, size = [], 0
        packet.append(write)
        size += len(write.statement)
    if packet:
        yield packet
