"""All that runs in the one worker of `parley serve`: both APIs, the appender, the followers and the jobs."""

import asyncio
from contextlib import ExitStack
from typing import Any

from commands.dispatcher import Dispatcher
from commands.http.app import body_limit
from commands.http.app import create_app as create_commands
from commands.keyrings import Keyrings
from eventstore.appender import Appender
from eventstore.clock import system_clock
from eventstore.open import open_bus, open_log
from parley.arrival import Say, await_log, await_read_models
from parley.dispatch import ALLOWED, by_method
from parley.front import front
from parley.health import (
    dependency,
    projection_detail,
    projection_standing,
    ways_dependencies,
    ways_detail,
)
from parley.lifespan import lifespan
from parley.metrics.appending import AppendMetrics
from parley.metrics.bus import measure_bus
from parley.metrics.following import ProjectionMetrics, measure_bulk
from parley.metrics.jobs import JobMetrics
from parley.metrics.registry import Metrics
from parley.openapi.document import document
from parley.outside import Outside
from parley.recent import Looker
from parley.settings import ApiSettings, Places
from parley.sources import SYSTEM, Sources
from projections.follower import Follower
from projections.projectors import PROJECTIONS
from projections.readmodel.open import open_control, open_search, open_tables, open_words
from projections.readmodel.reads import OwnedReads
from projections.readmodel.store import Control
from projections.readmodel.words import store_id
from projections.scheduler import Scheduler
from projections.tail import Tail
from queries.http.app import create_app as create_queries
from web.guard import ASGIApp
from web.health import Health


def prepare(places: Places, say: Say) -> bytes:
    """Make what is not there yet, and wait for servers that can't be reached; the registry's secret.

    Raises CantStart.
    """
    await_log(places, say)
    return await_read_models(places, say)


def build(settings: ApiSettings, secret: bytes, sources: Sources = SYSTEM) -> ASGIApp:
    """The ASGI app of the worker; everything behind it starts and stops with its lifespan."""
    metrics = Metrics()

    async def start() -> "Embedded":
        return Embedded(settings, secret, metrics, sources)

    return front(lifespan(start), body_limit, settings, metrics)


class Embedded:
    """Starts everything when it is made, on the running event loop; servers need not be there.

    `secret` is the registry's.
    """

    def __init__(
        self, settings: ApiSettings, secret: bytes, metrics: Metrics, sources: Sources = SYSTEM
    ) -> None:
        places = settings.places
        self._outside = Outside(places)
        with ExitStack() as reading, ExitStack() as stack:
            log = open_log(places.log_url)
            stack.callback(log.close)
            control = open_control(places.read_url, places.search_url, secret)
            stack.callback(control.close)
            tables = open_tables(places.read_url)
            search = open_search(places.search_url, places.read_url)
            reading.callback(tables.close)
            reading.callback(search.close)
            self._bus = open_bus(places.bus_url, lambda: log.log_id)
            stack.callback(self._bus.close)
            measure_bus(metrics, self._bus)
            self._words = open_words(places.redis_url, store_id(secret))
            stack.callback(self._words.close)
            projecting = ProjectionMetrics(metrics)
            measure_bulk(metrics)
            self._followers = {
                name: self._follower(name, Tail(log), control, reads, projecting)
                for name, reads in (("tables", tables), ("search", search))
            }
            for name, follower in self._followers.items():
                projecting.follow(name, follower)
                follower.start()
                stack.callback(follower.stop)
            running = JobMetrics(metrics)
            scheduler = Scheduler(log, control, on_run=running)
            running.lead(lambda: scheduler.leading)
            scheduler.start()
            stack.callback(scheduler.stop)
            appends = AppendMetrics(metrics)
            self._appender = Appender(log.writer, self._bus, sources.clock, measures=appends)
            self._appender.start()
            appends.queue(lambda: self._appender.waiting)
            # The last to be made is the first to be closed: what waits is appended, then followed.
            stack.callback(self._appender.close)
            looker = Looker(places.log_url)
            looker.start()
            stack.callback(looker.stop)
            commands = create_commands(
                dispatcher=Dispatcher(self._appender, Keyrings(log)),
                admin_key=settings.admin_key,
                allowed=ALLOWED,
                token_source=sources.new_token,
            )
            queries = create_queries(
                tables=tables,
                search=search,
                secret=secret,
                admin_key=settings.admin_key,
                openapi=document(),
                health=self.health,
                scrape=metrics.scrape,
                is_recent=looker.is_recent,
                floor=lambda: self._appender.acknowledged,
                allowed=ALLOWED,
            )
            self.app: ASGIApp = by_method(commands, queries)
            self._reading, self._stack = reading.pop_all(), stack.pop_all()

    def _follower(
        self, name: str, tail: Tail, control: Control, reads: OwnedReads[Any], metrics: ProjectionMetrics
    ) -> Follower:
        """One that tells the reads of this process how far it is, and those of others."""

        def tell(position: int) -> None:
            reads.advance(position)
            self._words.tell(name, position)

        self._words.listen(name, reads.hear)
        ear = self._bus.subscribe(f"{name}.{control.store(name)}")
        fold, applied = PROJECTIONS[name], metrics.applied(name)
        return Follower(name, tail, control, fold, ear, on_progress=tell, on_applied=applied)

    def health(self) -> Health:
        """Ready: the log takes commands, and the read tables follow it. The rest is shown."""
        now, available = system_clock(), self._appender.available
        states = {name: follower.state for name, follower in self._followers.items()}
        log = {"available": available, "acknowledged": self._appender.acknowledged}
        projections = {name: projection_detail(state, now) for name, state in states.items()}
        more = {
            "projections": {name: projection_standing(state, now) for name, state in states.items()},
            "queue": {"commands": self._appender.waiting},
            "dependencies": {
                "log": dependency(self._appender.error),
                **{name: dependency(state.error) for name, state in states.items()},
                **ways_dependencies(self._bus, self._words),
            },
        }
        detail = {"log": log, "projections": projections, **ways_detail(self._bus, self._words)}
        return self._outside(Health(available and states["tables"].error is None, detail, more))

    async def stop(self) -> None:
        """Append what waits, end all threads, close all files."""
        # Reads belong to the loop, so they are closed on it; the threads of the others are waited for beside it.
        with self._reading:
            await asyncio.get_running_loop().run_in_executor(None, self._stack.close)
