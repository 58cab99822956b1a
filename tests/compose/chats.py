"""Chats under load, and whether the log and all that is read agree with what the clients were told."""

import asyncio
from contextlib import closing
from typing import NamedTuple

from eventstore.open import open_log
from tests.compose.stack import Stack
from tests.support.client import Client
from tests.support.history import disagreements
from tests.support.load import Load
from tests.support.server import eventually
from tests.support.visitors import Visitors
from tests.support.walk import new_application, new_chat

SEED = 20261124
CLIENTS = 4
PATIENCE = 30


class Chats(NamedTuple):
    """`paths` are theirs; nobody else writes to them."""

    stack: Stack
    paths: list[str]

    def load(self, *, forgets: float = 0.1) -> Load:
        urls = [self.stack.url]
        return Load(urls, self.paths, clients=CLIENTS, patience=PATIENCE, forgets=forgets, seed=SEED)

    def visitors(self) -> Visitors:
        return Visitors([self.stack.url], [self.stack.url], self.paths, SEED)

    def agree(self, load: Load) -> None:
        """Assert that the log holds what was acknowledged and nothing else, and that what is read agrees with it."""
        eventually(self._caught_up, "all has caught up", 120)
        with closing(open_log(self.stack.log_url())) as log:
            assert disagreements(load.history, log, alone=False) == []
        self.stack.parley("verify")

    def _caught_up(self) -> bool:
        """A process that has just begun does not know yet."""
        shown = self.stack.readyz()
        projections = shown.get("projections", {}).values()
        return bool(projections) and all(one["position"] == shown["log"]["head"] for one in projections)


def new_chats(stack: Stack) -> Chats:
    """Three, of a new application."""

    async def made() -> list[str]:
        async with Client(stack.url) as client:
            application = await new_application(client)
            return [await new_chat(client, application) for _ in range(3)]

    return Chats(stack, asyncio.run(made()))
