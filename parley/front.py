"""What stands before Falcon in every process that answers clients, from the outside in."""

from collections.abc import Callable, Collection

from parley.logs import access_lines
from parley.metrics.http import HttpMetrics, LimitMetrics
from parley.metrics.lines import measure_lines
from parley.metrics.registry import Metrics
from parley.settings import ApiSettings
from parley.shared_limits import shared
from web.admin import AdminKey
from web.caching import caching
from web.cors import cors
from web.counts import Counts
from web.guard import ASGIApp, guard
from web.limiter import Limiter
from web.limiting import limiting
from web.observing import Listener, observing

LIMITS, LINES, METRICS, CACHING = "limiting", "logging", "metrics", "cache headers"
OBSERVING = "names, lines and metrics of requests"
LAYERS = (LIMITS, LINES, METRICS, OBSERVING, CACHING)
"""Those that can be left out, to see what they cost."""


def front(
    app: ASGIApp,
    body_limit: int | Callable[[str], int],
    settings: ApiSettings,
    metrics: Metrics,
    without: Collection[str] = (),
) -> ASGIApp:
    """`app` behind all layers; `body_limit` is in bytes, for all or by path. What they meet goes to `metrics`."""
    app = guard(app, body_limit)
    refusals = LimitMetrics(metrics)
    measure_lines(metrics)
    if any(settings.quotas) and LIMITS not in without:
        counts = Counts()
        app = limiting(app, Limiter(settings.quotas, counts, refusals), AdminKey(settings.admin_key))
        app = shared(app, counts, settings.places.redis_url)
    if settings.origins:
        # Around the limits: a page has to be let read a 429, too.
        app = cors(app, settings.origins)
    if CACHING not in without:
        app = caching(app)
    if OBSERVING in without:
        return app
    listeners: dict[str, Listener] = {LINES: access_lines(), METRICS: HttpMetrics(metrics)}
    return observing(app, *(listener for name, listener in listeners.items() if name not in without))
