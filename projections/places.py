"""Where everything is, and what can be asked there: each question opens what it needs, and closes it again."""

from collections.abc import Callable, Mapping
from contextlib import closing
from functools import partial
from typing import NamedTuple

import eventstore.open
import projections.readmodel.open
from engines.server import Server
from eventstore.clock import Clock
from eventstore.open import bus_server, log_server, open_log, waiting
from projections.readmodel.open import open_control, search_server, tables_server, words_server
from projections.readmodel.store import OwnedControl
from projections.status import Applied, Lag, Registered, applied_to, lag_behind, registered_as

LOG, TABLES, SEARCH, BUS, WORDS = "log", "read tables", "search index", "bus", "words"


class Places(NamedTuple):
    """The URLs of everything."""

    log_url: str
    read_url: str
    search_url: str
    bus_url: str
    redis_url: str

    def urls(self) -> dict[str, str]:
        """By what is there."""
        return dict(zip((LOG, TABLES, SEARCH, BUS, WORDS), self, strict=True))


def import_adapters(places: Places) -> None:
    """To be called before threads ask: see `open.import_adapters`."""
    eventstore.open.import_adapters(places.log_url, places.bus_url)
    projections.readmodel.open.import_adapters(places.read_url, places.search_url, places.redis_url)


def servers(places: Places) -> dict[str, Callable[[], Server]]:
    """For each place the question who is there."""
    return {
        LOG: partial(log_server, places.log_url),
        TABLES: partial(tables_server, places.read_url),
        SEARCH: partial(search_server, places.search_url),
        BUS: partial(bus_server, places.bus_url),
        WORDS: partial(words_server, places.redis_url),
    }


def log_and_head(places: Places) -> tuple[str, int]:
    """The log's id, and its last position."""
    with closing(open_log(places.log_url)) as log:
        return log.log_id, log.head()


def registered(places: Places, name: str) -> tuple[Registered, str]:
    """What the registry says of a projection, and the name of the store that keeps it."""
    with closing(_control(places, name)) as control:
        return registered_as(control, name), control.store(name)


def applied(places: Places, name: str) -> Applied:
    """What the projection's live generation says."""
    with closing(_control(places, name)) as control:
        return applied_to(control, name)


def lags(places: Places, positions: Mapping[str, int], clock: Clock) -> dict[str, Lag]:
    """Of those at these positions."""
    with closing(open_log(places.log_url)) as log:
        return {name: lag_behind(log, position, clock) for name, position in positions.items()}


def queues(places: Places, stores: Mapping[str, str]) -> dict[str, int | None]:
    """How many messages wait on the bus for each projection, kept in the store of that name."""
    found = waiting(places.bus_url, [f"{name}.{store}" for name, store in stores.items()])
    return dict(zip(stores, found, strict=True))


def _control(places: Places, name: str) -> OwnedControl:
    # Without the search index, where that is not asked about: it may be what does not answer.
    return open_control(places.read_url, places.search_url if name == "search" else None, makes=False)
