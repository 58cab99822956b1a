"""`parley scheduler`: the periodic jobs; of several, one works."""

from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager

from eventstore.open import open_log
from parley.arrival import Say, await_log, await_read_models
from parley.background import Background
from parley.metrics.jobs import JobMetrics
from parley.metrics.registry import Metrics
from parley.settings import BackgroundSettings, Places
from projections.readmodel.open import open_control
from projections.scheduler import Scheduler
from web.health import Health


def run(settings: BackgroundSettings, say: Say) -> None:
    """Run each job at its time until SIGTERM or SIGINT, then end the chunk in hand. Raises CantStart."""
    with Background(settings, say) as background:
        await_log(settings.places, background.say)
        secret = await_read_models(settings.places, background.say)
        working = _scheduling(settings.places, secret, background.metrics)
        background.run_until_told("Parley runs the periodic jobs", working)


@contextmanager
def _scheduling(places: Places, secret: bytes, metrics: Metrics) -> Iterator[Callable[[], Health]]:
    with (
        closing(open_log(places.log_url)) as log,
        closing(open_control(places.read_url, places.search_url, secret)) as control,
    ):
        running = JobMetrics(metrics)
        scheduler = Scheduler(log, control, on_run=running)
        running.lead(lambda: scheduler.leading)

        def health() -> Health:
            shown = {"leading": scheduler.leading, "error": scheduler.error}
            return Health(scheduler.working, {"scheduler": shown})

        scheduler.start()
        try:
            yield health
        finally:
            scheduler.stop()
