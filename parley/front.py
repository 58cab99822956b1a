"""What stands before Falcon in every process that answers clients, from the outside in."""

from collections.abc import Callable

from parley.logs import access_lines
from parley.metrics.http import HttpMetrics, LimitMetrics
from parley.metrics.lines import measure_lines
from parley.metrics.registry import Metrics
from parley.settings import ApiSettings
from parley.shared_limits import shared
from web.caching import caching
from web.cors import cors
from web.counts import Counts
from web.guard import ASGIApp, guard
from web.limiter import Limiter
from web.limiting import limiting
from web.observing import observing


def front(
    app: ASGIApp, body_limit: int | Callable[[str], int], settings: ApiSettings, metrics: Metrics
) -> ASGIApp:
    """`app` behind all layers; `body_limit` is in bytes, for all or by path. What they meet goes to `metrics`."""
    app = guard(app, body_limit)
    refusals = LimitMetrics(metrics)
    measure_lines(metrics)
    if any(settings.quotas):
        counts = Counts()
        app = shared(
            limiting(app, Limiter(settings.quotas, counts, refusals)), counts, settings.places.redis_url
        )
    if settings.origins:
        # Around the limits: a page has to be let read a 429, too.
        app = cors(app, settings.origins)
    return observing(caching(app), access_lines(), HttpMetrics(metrics))
