"""`parley status`: how far everything is and which servers there are, even where some do not answer."""

from collections.abc import Iterable, Sequence
from functools import partial
from typing import Any, NamedTuple

from engines.server import Server, address_of, kind_of
from eventstore.clock import Clock, rfc3339
from projections import places as at
from projections.places import BUS, LOG, TABLES, Places
from projections.question import Heard, Question
from projections.readmodel.store import Report
from projections.status import Applied, Lag, Registered, Status, shown

ANSWER_SECONDS = 3.0


class _Known(NamedTuple):
    """What could be learnt of a projection; `store` names what keeps it, `error` says why something is None."""

    registered: Registered | None
    store: str | None
    applied: Applied | None
    error: str | None

    @property
    def word(self) -> Report | None:
        return self.registered.word if self.registered else None

    @property
    def position(self) -> int | None:
        """As the generation says; else as its follower has last told."""
        told = self.word.position if self.word else None
        return self.applied.position if self.applied else told


def survey(places: Places, names: Sequence[str], clock: Clock, seconds: float = ANSWER_SECONDS) -> Status:
    """What `status.status` gives and more: `{…, reported: {head, at}, projections: [{…, queue}], servers: [{role,
    kind, version, address, error}]}`. All are asked at once, in two rounds of at most `seconds` each.

    `queue` is how many messages wait for the projection on the bus; None where it has no queue. None also stands for
    what nobody could say: without the log, `head` and `log_id` are None, and the lag goes by `reported`, the
    highest head that a follower has told. A server's `error` is None where all is well.
    """
    at.import_adapters(places)
    asked_log = Question(partial(at.log_and_head, places), seconds)
    asked_servers = {role: Question(ask, seconds) for role, ask in at.servers(places).items()}
    asked = {
        name: (
            Question(partial(at.registered, places, name), seconds),
            Question(partial(at.applied, places, name), seconds),
        )
        for name in names
    }
    log, log_error = asked_log.heard()
    servers = {role: question.heard() for role, question in asked_servers.items()}
    known = {name: _learnt(*questions) for name, questions in asked.items()}

    # What can only be asked now; nobody is waited for in vain twice.
    positions = {name: one.position for name, one in known.items() if one.position is not None}
    stores = {name: one.store for name, one in known.items() if one.store}
    asked_lags: Question[dict[str, Lag]] = Question(
        partial(at.lags, places, positions, clock) if log else dict, seconds
    )
    asked_queues: Question[dict[str, int | None]] = Question(
        partial(at.queues, places, stores) if servers[BUS].said else dict, seconds
    )
    (lags, lag_error), (queues, queue_error) = asked_lags.heard(), asked_queues.heard()

    log_id, head = log or (None, None)
    reported = _reported(known.values())
    last_head = reported["head"] if head is None else head
    errors = {LOG: log_error or lag_error, TABLES: known["tables"].error, BUS: queue_error}
    return {
        "log_id": log_id,
        "head": head,
        "reported": reported,
        "projections": [
            _shown(name, one, (lags or {}).get(name) or _lag(one.position, last_head))
            | {"queue": (queues or {}).get(name)}
            for name, one in known.items()
        ],
        "servers": [
            _described(role, url, servers[role], errors.get(role)) for role, url in places.urls().items()
        ],
    }


def all_needed_answer(found: Status) -> bool:
    """Whether the log and the read tables do, without which Parley can't work; the rest can be missed for a while."""
    return not any(one["error"] for one in found["servers"] if one["role"] in (LOG, TABLES))


def _learnt(registered: Question[tuple[Registered, str]], applied: Question[Applied]) -> _Known:
    found, unregistered = registered.heard()
    stands, unapplied = applied.heard()
    row, store = found or (None, None)
    return _Known(row, store, stands, unregistered or unapplied)


def _reported(known: Iterable[_Known]) -> dict[str, Any]:
    words = [one.word for one in known if one.word]
    last = max(words, key=lambda word: word.head, default=None)
    return {"head": last.head if last else None, "at": rfc3339(last.reported_at) if last else None}


def _lag(position: int | None, head: int | None) -> Lag:
    """By the head alone."""
    return Lag() if position is None or head is None else Lag(max(0, head - position))


def _shown(name: str, known: _Known, lag: Lag) -> Status:
    parked = known.applied.parked if known.applied else []
    return shown(name, known.registered, known.position, lag, parked, known.error)


def _described(role: str, url: str, heard: Heard[Server], error: str | None) -> dict[str, Any]:
    """A server; `error` is what else was wrong when it was asked for what it keeps."""
    kind, version = heard.said or (kind_of(url), None)
    return {
        "role": role,
        "kind": kind,
        "version": version,
        "address": address_of(url),
        "error": heard.error or error,
    }
