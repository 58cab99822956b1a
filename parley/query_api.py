"""`parley query-api`: the read side alone; any number of them serve the same read models."""

import asyncio
import logging
from contextlib import ExitStack, suppress
from functools import partial

from parley.arrival import Say, await_read_models
from parley.dispatch import ALLOWED
from parley.front import front
from parley.health import dependency
from parley.lifespan import lifespan
from parley.metrics.registry import Metrics
from parley.openapi.document import document
from parley.outside import Outside
from parley.recent import Looker
from parley.server import listen, serve_api
from parley.settings import ApiSettings
from parley.waiting import Waiting
from parley.watch import Watch
from projections.readmodel.errors import ReadModelError
from projections.readmodel.open import open_search, open_tables, open_words
from projections.readmodel.views import TablesView
from projections.readmodel.words import store_id
from queries.http.app import create_app
from web.guard import ASGIApp
from web.health import Health
from web.strict_json import BODY_LIMIT

LOOK_EVERY = 1.0
LOOK_SECONDS = 3.0

logger = logging.getLogger(__name__)


def run(settings: ApiSettings, say: Say) -> None:
    """Serve until SIGTERM or SIGINT, then exit. Raises CantStart."""
    listener = listen(settings.host, settings.port)
    with Waiting(listener, say, settings.places) as waiting:
        secret = await_read_models(settings.places, waiting.say)
    serve_api(settings, listener, partial(build, settings, secret), "answers queries")


def build(settings: ApiSettings, secret: bytes) -> ASGIApp:
    """The ASGI app of a worker; `secret` is the registry's. All behind it starts and stops with its lifespan."""
    metrics = Metrics()

    async def start() -> "QuerySide":
        return QuerySide(settings, secret, metrics)

    return front(lifespan(start), BODY_LIMIT, settings, metrics)


class QuerySide:
    """Implements `parley.lifespan.Started`, on the running event loop; the read models need not be there."""

    def __init__(self, settings: ApiSettings, secret: bytes, metrics: Metrics) -> None:
        places = settings.places
        self._outside = Outside(places)
        with ExitStack() as reading, ExitStack() as stack:
            self._tables = open_tables(places.read_url)
            reading.callback(self._tables.close)
            search = open_search(places.search_url, places.read_url)
            reading.callback(search.close)
            self._words = open_words(places.redis_url, store_id(secret))
            stack.callback(self._words.close)
            self._words.listen("tables", self._tables.hear)
            self._words.listen("search", search.hear)
            self._watch = Watch(places.log_url, places.read_url, places.search_url)
            self._watch.start()
            stack.callback(self._watch.stop)
            looker = Looker(places.log_url)
            looker.start()
            stack.callback(looker.stop)
            self.app: ASGIApp = create_app(
                tables=self._tables,
                search=search,
                secret=secret,
                admin_key=settings.admin_key,
                openapi=document(),
                health=self.health,
                scrape=metrics.scrape,
                is_recent=looker.is_recent,
                allowed=ALLOWED,
            )
            self._ready = False
            self._looking = asyncio.create_task(self._look())
            self._reading, self._stack = reading.pop_all(), stack.pop_all()

    def health(self) -> Health:
        """Ready: the read tables answer. How far everything is, as far as it could be asked, is shown."""
        shown = {"tables": {"available": self._ready, "position": self._tables.position}, **self._watch.found}
        detail = {**shown, "words": {"error": self._words.error}}
        dependencies = {
            "tables": dependency(None if self._ready else "the read tables do not answer"),
            "log and projections": dependency(self._watch.error),
            "words": dependency(self._words.error),
        }
        return self._outside(Health(self._ready, detail, {**self._watch.more, "dependencies": dependencies}))

    async def stop(self) -> None:
        """End all threads, close all connections."""
        self._looking.cancel()
        with suppress(asyncio.CancelledError):
            await self._looking
        with self._reading:
            await asyncio.get_running_loop().run_in_executor(None, self._stack.close)

    async def _look(self) -> None:
        """Ask the read tables, in the way in which clients do, again and again."""
        said = ""
        while True:
            try:
                async with asyncio.timeout(LOOK_SECONDS):
                    await self._tables.read(_first_row)
                self._ready = True
            except (ReadModelError, TimeoutError):
                self._ready = False
            except Exception as error:
                # Whoever stops looking says for ever what was true then.
                self._ready = False
                if repr(error) != said:
                    said = repr(error)
                    logger.exception("can't tell whether the read tables answer")
            await asyncio.sleep(LOOK_EVERY)


def _first_row(view: TablesView) -> object:
    # Not the position alone: that is there when the rows are not.
    return view.applications(0, 1)
