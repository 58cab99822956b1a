"""The command API as a Falcon app."""

import secrets
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import falcon.asgi

from commands.dispatcher import Dispatcher
from commands.http import refusals
from commands.http.applications import Application, Applications
from commands.http.callers import Callers
from commands.http.chats import Chat, Chats
from commands.http.keys import Key, Keys
from commands.http.messages import Batch, Message, Messages
from web.admin import AdminKey
from web.health import Health, add_health
from web.metrics import Scrape, add_metrics
from web.paths import APPLICATION, APPLICATIONS, BATCH, CHAT, CHATS, KEY, KEYS, MESSAGE, MESSAGES
from web.routing import add_elsewhere, new_app
from web.strict_json import BATCH_LIMIT, BODY_LIMIT

ROUTES: Mapping[str, tuple[str, ...]] = {
    APPLICATIONS: ("POST",),
    APPLICATION: ("PATCH", "PUT", "DELETE"),
    KEYS: ("POST",),
    KEY: ("DELETE",),
    CHATS: ("POST",),
    CHAT: ("PATCH", "PUT", "DELETE"),
    MESSAGES: ("POST",),
    BATCH: ("POST",),
    MESSAGE: ("PATCH", "PUT", "DELETE"),
}
"""Each URI template with the methods that this API serves."""


def body_limit(path: str) -> int:
    """The most bytes that a body may have there."""
    return BATCH_LIMIT if path.endswith("/messages/batch") else BODY_LIMIT


def new_token() -> str:
    """256 random bits in 43 URL-safe characters."""
    return secrets.token_urlsafe(32)


def create_app(
    *,
    dispatcher: Dispatcher,
    admin_key: str | None,
    allowed: Mapping[str, Sequence[str]] = ROUTES,
    token_source: Callable[[], str] = new_token,
    health: Callable[[], Health] | None = None,
    scrape: Scrape | None = None,
) -> falcon.asgi.App[Any, Any]:
    """The app; `allowed` has the methods of all routes on the public address, this API's and the other's.

    `health` and `scrape` are for a process of this API alone; elsewhere the other one tells.
    """
    admin = AdminKey(admin_key)
    callers = Callers(admin)
    app = new_app(allowed)
    refusals.install(app)
    app.add_route(APPLICATIONS, Applications(dispatcher, admin, token_source))
    app.add_route(APPLICATION, Application(dispatcher, callers, admin))
    app.add_route(KEYS, Keys(dispatcher, callers))
    app.add_route(KEY, Key(dispatcher, callers))
    app.add_route(CHATS, Chats(dispatcher, callers))
    app.add_route(CHAT, Chat(dispatcher, callers))
    app.add_route(MESSAGES, Messages(dispatcher, callers))
    app.add_route(BATCH, Batch(dispatcher, callers))
    app.add_route(MESSAGE, Message(dispatcher, callers))
    if health is not None:
        add_health(app, health)
    if scrape is not None:
        add_metrics(app, scrape)
    add_elsewhere(app, allowed)
    return app
