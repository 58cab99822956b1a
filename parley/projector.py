"""`parley projector`: follows the log with one projection; of several for the same one, one works."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager

from eventstore.clock import system_clock
from eventstore.open import open_bus, open_log
from parley.arrival import Say, await_log, await_read_models
from parley.background import Background
from parley.health import (
    dependency,
    projection_detail,
    projection_standing,
    ways_dependencies,
    ways_detail,
)
from parley.metrics.bus import measure_bus
from parley.metrics.following import ProjectionMetrics, measure_bulk
from parley.metrics.registry import Metrics
from parley.settings import BackgroundSettings, Places
from projections.collector import collect_seldom
from projections.follower import Follower
from projections.projectors import PROJECTIONS
from projections.readmodel.open import open_control, open_words
from projections.readmodel.words import store_id
from projections.tail import Tail
from web.health import Health

GATHER_MOST = 0.002
"""Seconds. Nothing runs beside a follower here; the log's server has more to do then, and the same POSTs to take."""


def run(name: str, settings: BackgroundSettings, say: Say) -> None:
    """Follow until SIGTERM or SIGINT, then end the batch in hand. Raises CantStart."""
    with Background(settings, say) as background:
        await_log(settings.places, background.say)
        secret = await_read_models(settings.places, background.say)
        collect_seldom()
        background.run_until_told(
            f"Parley projects {name}", _following(name, settings.places, secret, background.metrics)
        )


@contextmanager
def _following(name: str, places: Places, secret: bytes, metrics: Metrics) -> Iterator[Callable[[], Health]]:
    with ExitStack() as stack:
        log = open_log(places.log_url)
        stack.callback(log.close)
        control = open_control(places.read_url, places.search_url, secret)
        stack.callback(control.close)
        bus = open_bus(places.bus_url, lambda: log.log_id)
        stack.callback(bus.close)
        measure_bus(metrics, bus)
        words = open_words(places.redis_url, store_id(secret))
        stack.callback(words.close)
        projecting = ProjectionMetrics(metrics)
        measure_bulk(metrics)
        follower = Follower(
            name,
            Tail(log),
            control,
            PROJECTIONS[name],
            bus.subscribe(f"{name}.{control.store(name)}"),
            on_progress=lambda position: words.tell(name, position),
            on_applied=projecting.applied(name),
            gather_most=GATHER_MOST,
        )
        projecting.follow(name, follower)

        def health() -> Health:
            state = follower.state
            now = system_clock()
            standing = {"leading": state.leading, "generation": state.generation}
            shown = projection_detail(state, now) | standing
            more = {
                "projections": {name: projection_standing(state, now)},
                "dependencies": {name: dependency(state.error), **ways_dependencies(bus, words)},
            }
            return Health(state.working, {"projections": {name: shown}, **ways_detail(bus, words)}, more)

        follower.start()
        stack.callback(follower.stop)
        yield health
