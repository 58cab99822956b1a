"""The query API as a Falcon app."""

from collections.abc import Callable, Mapping, Sequence

import falcon
import falcon.asgi

from projections.readmodel.reads import SearchReads, TablesReads
from queries.http import refusals
from queries.http.admission import Admission
from queries.http.applications import Application, Applications
from queries.http.chats import Chat, Chats
from queries.http.cursor import Cursors
from queries.http.keys import Keys
from queries.http.messages import History, Message, Messages
from queries.http.reading import Reading
from queries.http.search import Search
from web.admin import AdminKey
from web.compression import Compression
from web.conditional import Conditional
from web.docs.resources import add_docs
from web.documents import Document
from web.health import Health, add_health
from web.metrics import Scrape, add_metrics
from web.paths import (
    APPLICATION,
    APPLICATIONS,
    CHAT,
    CHATS,
    DOCS,
    DOCS_FILE,
    HISTORY,
    KEYS,
    LIVEZ,
    MESSAGE,
    MESSAGES,
    METRICS,
    OPENAPI,
    PROBLEM,
    READYZ,
    SEARCH,
)
from web.problem_pages import add_problem_pages
from web.routing import add_elsewhere, new_app

ROUTES: Mapping[str, tuple[str, ...]] = dict.fromkeys(
    (
        APPLICATIONS,
        APPLICATION,
        KEYS,
        CHATS,
        CHAT,
        MESSAGES,
        MESSAGE,
        HISTORY,
        SEARCH,
        LIVEZ,
        READYZ,
        METRICS,
        OPENAPI,
        PROBLEM,
        DOCS,
        DOCS_FILE,
    ),
    ("GET", "HEAD"),
)
"""Each URI template with the methods that this API serves."""


def create_app(
    *,
    tables: TablesReads,
    search: SearchReads,
    secret: bytes,
    admin_key: str | None,
    openapi: bytes,
    health: Callable[[], Health],
    scrape: Scrape = bytes,
    is_recent: Callable[[int], bool],
    floor: Callable[[], int] = lambda: 0,
    allowed: Mapping[str, Sequence[str]] = ROUTES,
) -> falcon.asgi.App[falcon.asgi.Request, falcon.asgi.Response]:
    """The app, to be wrapped in `web.guard` and run by `web.worker`.

    `secret` signs cursors, `floor` is the position that this process has acknowledged (0: none), `allowed`
    has the methods of all routes on the public address, this API's and the other's. `scrape` gives `/metrics`.
    `is_recent` says whether a position includes all that was acknowledged until a few seconds ago: by older keys
    nobody is let in, or kept out. `openapi` is the document of the whole public address.
    """
    rows = Reading(tables, floor)
    admin = AdminKey(admin_key)
    owned = Admission(rows, admin, is_recent)
    app = new_app(allowed, [Compression(), Conditional()])
    refusals.install(app)
    app.add_route(APPLICATIONS, Applications(rows, Cursors(secret, APPLICATIONS), admin))
    app.add_route(APPLICATION, Application(owned))
    app.add_route(KEYS, Keys(owned, Cursors(secret, KEYS)))
    app.add_route(CHATS, Chats(owned, Cursors(secret, CHATS)))
    app.add_route(CHAT, Chat(owned))
    app.add_route(MESSAGES, Messages(owned))
    app.add_route(MESSAGE, Message(owned))
    app.add_route(HISTORY, History(owned))
    app.add_route(SEARCH, Search(owned, Reading(search, floor)))
    add_health(app, health)
    add_metrics(app, scrape)
    app.add_route(OPENAPI, Document(openapi, falcon.MEDIA_JSON))
    add_problem_pages(app)
    add_docs(app)
    add_elsewhere(app, allowed)
    return app
