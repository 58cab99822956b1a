"""`parley command-api`: the write side alone; any number of them append to one log."""

import asyncio
from contextlib import ExitStack
from functools import partial

from commands.dispatcher import Dispatcher
from commands.http.app import body_limit, create_app
from commands.keyrings import Keyrings
from eventstore.appender import Appender
from eventstore.open import open_bus, open_log
from parley.arrival import Say, await_log
from parley.dispatch import ALLOWED
from parley.front import front
from parley.health import dependency
from parley.lifespan import lifespan
from parley.metrics.appending import AppendMetrics
from parley.metrics.bus import measure_bus
from parley.metrics.registry import Metrics
from parley.outside import Outside
from parley.server import listen, serve_api
from parley.settings import ApiSettings
from parley.sources import SYSTEM, Sources
from parley.waiting import Waiting
from web.guard import ASGIApp
from web.health import Health


def run(settings: ApiSettings, say: Say, sources: Sources = SYSTEM) -> None:
    """Serve until SIGTERM or SIGINT, then exit. Raises CantStart."""
    listener = listen(settings.host, settings.port)
    with Waiting(listener, say, settings.places) as waiting:
        await_log(settings.places, waiting.say)
    serve_api(settings, listener, partial(build, settings, sources), "takes commands")


def build(settings: ApiSettings, sources: Sources = SYSTEM) -> ASGIApp:
    """The ASGI app of a worker; everything behind it starts and stops with its lifespan."""
    metrics = Metrics()

    async def start() -> "CommandSide":
        return CommandSide(settings, metrics, sources)

    return front(lifespan(start), body_limit, settings, metrics)


class CommandSide:
    """Implements `parley.lifespan.Started`; the log need not be there when it is made."""

    def __init__(self, settings: ApiSettings, metrics: Metrics, sources: Sources = SYSTEM) -> None:
        self._outside = Outside(settings.places)
        with ExitStack() as stack:
            log = open_log(settings.places.log_url)
            stack.callback(log.close)
            self._bus = open_bus(settings.places.bus_url, lambda: log.log_id)
            stack.callback(self._bus.close)
            measure_bus(metrics, self._bus)
            appends = AppendMetrics(metrics)
            self._appender = Appender(log.writer, self._bus, sources.clock, measures=appends)
            self._appender.start()
            appends.queue(lambda: self._appender.waiting)
            # The last to be made is the first to be closed: what waits is appended, then published.
            stack.callback(self._appender.close)
            self.app: ASGIApp = create_app(
                dispatcher=Dispatcher(self._appender, Keyrings(log)),
                admin_key=settings.admin_key,
                allowed=ALLOWED,
                health=self.health,
                scrape=metrics.scrape,
                token_source=sources.new_token,
            )
            self._stack = stack.pop_all()

    def health(self) -> Health:
        """Ready: the log takes commands. The bus is shown."""
        ready, bus = self._appender.available, self._bus.state
        log = {"available": ready, "acknowledged": self._appender.acknowledged}
        more = {
            "queue": {"commands": self._appender.waiting},
            "dependencies": {"log": dependency(self._appender.error), "bus": dependency(bus.error)},
        }
        return self._outside(Health(ready, {"log": log, "bus": bus._asdict()}, more))

    async def stop(self) -> None:
        """Append what waits, end all threads, close all connections."""
        await asyncio.get_running_loop().run_in_executor(None, self._stack.close)
