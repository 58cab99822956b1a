"""Sends the statements of a batch in few packets, and looks at what each has changed."""

from collections.abc import Iterable, Iterator
from typing import NamedTuple

from projections.readmodel.errors import Misfit
from projections.readmodel.mysql_session import MySQLSession

_PACKET_BYTES = 2 << 20


class Write(NamedTuple):
    """A statement, and how many rows it must change; what it is that does not fit if those are not as many.

    `unless` is a statement that gives rows if anything is wrong, where the count alone can't tell.
    """

    statement: str
    changes: int | None = None
    what: str = ""
    unless: str | None = None


def send(session: MySQLSession, writes: Iterable[Write]) -> None:
    """Make the changes in the transaction that is open. Raises Misfit."""
    for packet in _packets(writes):
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
