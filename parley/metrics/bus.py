"""The bus: what waits to be published, and what came of it."""

from prometheus_client import Counter, Gauge

from eventstore.bus import Bus
from parley.metrics.registry import Metrics, Total


def measure_bus(metrics: Metrics, bus: Bus) -> None:
    """Sample the state of `bus`."""
    registry = metrics.registry
    waiting = Gauge(
        "parley_bus_outbox_batches",
        "Batches of events that wait to be published.",
        registry=registry,
        multiprocess_mode="livesum",
    )
    dropped = Total(
        Counter(
            "parley_bus_dropped_batches_total",
            "Batches that were not published, because too many waited or the broker did not confirm them.",
            registry=registry,
        )
    )
    confirmed = Total(
        Counter(
            "parley_bus_confirmed_messages_total",
            "Messages that the broker has confirmed.",
            registry=registry,
        )
    )

    def take() -> None:
        state = bus.state
        waiting.set(state.waiting)
        dropped.reach(state.dropped)
        confirmed.reach(state.confirmed)

    metrics.sample(take)
