"""Given facts, when an intent is handled, then facts or a refusal."""

from collections.abc import Callable
from typing import Any

from commands.domain.keyring import evolve
from commands.handlers.applications import (
    CreateApplicationHandler,
    DeleteApplicationHandler,
    RenameApplicationHandler,
)
from commands.handlers.chats import CreateChatHandler, DeleteChatHandler, RetitleChatHandler
from commands.handlers.handler import Handler
from commands.handlers.keys import AddKeyHandler, RevokeKeyHandler
from commands.handlers.messages import DeleteMessageHandler, EditMessageHandler, PostMessageHandler
from commands.intents import (
    AddKey,
    CreateApplication,
    CreateChat,
    DeleteApplication,
    DeleteChat,
    DeleteMessage,
    EditMessage,
    Intent,
    PostMessage,
    RenameApplication,
    RetitleChat,
    RevokeKey,
)
from eventstore import streams
from eventstore.codec import Codec
from eventstore.command import Decision
from eventstore.events import Fact
from eventstore.log import Loaded
from eventstore.view import View

HANDLERS: dict[type[Intent], Callable[[Any], Handler[Any]]] = {
    CreateApplication: CreateApplicationHandler,
    RenameApplication: RenameApplicationHandler,
    DeleteApplication: DeleteApplicationHandler,
    CreateChat: CreateChatHandler,
    RetitleChat: RetitleChatHandler,
    DeleteChat: DeleteChatHandler,
    PostMessage: PostMessageHandler,
    EditMessage: EditMessageHandler,
    DeleteMessage: DeleteMessageHandler,
    AddKey: lambda intent: AddKeyHandler(intent, "the key"),
    RevokeKey: RevokeKeyHandler,
}


class Scenario:
    """What a handler decides after some facts, without any engine."""

    def __init__(self, *facts: Fact) -> None:
        self._view = View(Loaded({}, {}, {}), Codec())
        self._view.append(facts, [b""] * len(facts))
        self._facts = facts

    def when(self, intent: Intent, at: str = "now") -> Decision:
        """The decision; a refusal is raised."""
        handler = HANDLERS[type(intent)](intent)
        for fact in self._facts:
            if fact.stream == streams.keys(intent.token):
                handler.keyring = evolve(handler.keyring, fact)
        decision = handler.decide(self._view, at)
        # What it touches must be what it locks, or two writers could meet.
        touched = {touch.stream for fact in decision.facts for touch in fact.touches()}
        new = {name for name in touched if self._view.stream(name) is None}
        assert touched <= {*handler.exclusive} | new
        return decision


def given(*facts: Fact) -> Scenario:
    """A world in which these facts have happened, in this order."""
    return Scenario(*facts)
