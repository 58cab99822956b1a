"""Histories as commands would leave them: only what lives is changed, numbers come in turn."""

import random
from collections.abc import Mapping, Sequence
from functools import partial
from typing import TypeVar

from hypothesis import strategies

from eventstore.events import (
    ApplicationCreated,
    ApplicationDeleted,
    ApplicationRenamed,
    ChatCreated,
    ChatDeleted,
    ChatRetitled,
    Fact,
    KeyAdded,
    KeyRevoked,
    MessageCreated,
    MessageDeleted,
    MessageEdited,
)
from tests.support.facts import at

TEXTS = ("hello", "Ünïcödé", "寿司🍣", "C++20", "a" * 300, "é e\u0301", "%_'\"\\", "\u0301", "foo.png")

K = TypeVar("K")

Step = tuple[str, int, int, int, int]
"""What to do, and four picks among what there is to do it to."""

ACTIONS = ("create", "chat", "post", "post", "post", "edit", "delete", "retitle", "close", "rename", "end")
KEY_ACTIONS = ("key", "key", "revoke")
KEYS_EVERY = 10

steps = strategies.lists(
    strategies.tuples(strategies.sampled_from(ACTIONS + KEY_ACTIONS), *[strategies.integers(0, 7)] * 4),
    max_size=60,
)


class World:
    """What lives; turns steps into facts, and a step that nothing can be done about into none."""

    def __init__(self, prefix: str) -> None:
        self._prefix = prefix
        self.facts: list[Fact] = []
        self._created = 0
        self._applications: dict[str, dict[int, dict[int, MessageCreated | MessageEdited]]] = {}
        self._chats_made: dict[str, int] = {}
        self._keys: dict[str, list[str]] = {}
        self._posted: dict[tuple[str, int], int] = {}

    def take(self, step: Step) -> None:
        """Do the step, if it can be done."""
        action, *picks = step
        now = at(len(self.facts))
        if action == "create":
            self._create(now)
            return
        token = _pick(self._applications, picks[0])
        if token is None:
            return
        chats = self._applications[token]
        if action == "chat":
            number = self._chats_made[token] = self._chats_made[token] + 1
            chats[number] = {}
            title = TEXTS[picks[1]] if picks[1] % 2 else None
            self._happens(ChatCreated(token=token, at=now, number=number, title=title))
        elif action == "rename":
            self._happens(ApplicationRenamed(token=token, at=now, name=TEXTS[picks[1]], created_at=at(0)))
        elif action in ("key", "revoke"):
            self._key(action, token, self._keys.setdefault(token, []), picks[1], now)
        elif action == "end" and not picks[1]:
            del self._applications[token]
            self._happens(ApplicationDeleted(token=token, at=now))
        elif (chat := _pick(chats, picks[1])) is not None:
            self._in_chat(action, token, chat, picks, now)

    def _create(self, now: str) -> None:
        self._created += 1
        token = f"{self._prefix}{self._created}"
        self._applications[token] = {}
        self._chats_made[token] = 0
        self._happens(ApplicationCreated(token=token, at=now, name=f"Desk {self._created}"))

    def _key(self, action: str, token: str, working: list[str], pick: int, now: str) -> None:
        if action == "key":
            working.append(f"{len(self.facts):016x}")
            scope = "write" if pick % 2 else "read"
            self._happens(KeyAdded(token=token, at=now, id=working[-1], scope=scope, hash=f"{pick:064x}"))
        elif working:
            self._happens(KeyRevoked(token=token, at=now, id=working.pop(pick % len(working))))

    def _in_chat(self, action: str, token: str, chat: int, picks: Sequence[int], now: str) -> None:
        messages = self._applications[token][chat]
        if action == "post":
            number = self._posted[token, chat] = self._posted.get((token, chat), 0) + 1
            sender = TEXTS[picks[3]] if picks[3] % 2 else None
            messages[number] = MessageCreated(
                token=token, at=now, chat=chat, number=number, body=TEXTS[picks[2]], sender=sender
            )
            self._happens(messages[number])
        elif action == "retitle":
            title = TEXTS[picks[2]]
            self._happens(ChatRetitled(token=token, at=now, number=chat, title=title, created_at=at(1)))
        elif action == "close" and not picks[2]:
            del self._applications[token][chat]
            self._happens(ChatDeleted(token=token, at=now, number=chat))
        elif (number_ := _pick(messages, picks[2])) is not None:
            self._to_message(action, messages, messages[number_], TEXTS[picks[3]], now)

    def _to_message(
        self,
        action: str,
        messages: dict[int, MessageCreated | MessageEdited],
        last: MessageCreated | MessageEdited,
        body: str,
        now: str,
    ) -> None:
        if action == "delete":
            del messages[last.number]
            self._happens(MessageDeleted(token=last.token, at=now, chat=last.chat, number=last.number))
        elif action == "edit":
            version, created_at = (
                (last.version, last.created_at) if isinstance(last, MessageEdited) else (1, last.at)
            )
            messages[last.number] = MessageEdited(
                token=last.token,
                at=now,
                chat=last.chat,
                number=last.number,
                version=version + 1,
                body=body,
                sender=last.sender,
                created_at=created_at,
            )
            self._happens(messages[last.number])

    def _happens(self, fact: Fact) -> None:
        self.facts.append(fact)


def _pick(things: Mapping[K, object], pick: int) -> K | None:
    return list(things)[pick % len(things)] if things else None


def history(taken: Sequence[Step], prefix: str = "token") -> list[Fact]:
    """The facts of the steps; applications are called `prefix` and a number."""
    world = World(prefix)
    for step in [("create", 0, 0, 0, 0), ("chat", 0, 0, 0, 0), *taken]:
        world.take(step)
    return world.facts


histories = steps.map(history)
"""Valid histories of up to about sixty facts, with at least one application and one chat."""


def busy_history(size: int = 400, seed: int = 1, prefix: str = "token") -> list[Fact]:
    """A long history with every kind of fact; always the same for one seed."""
    dice = random.Random(seed)
    pick = partial(dice.randrange, 8)
    taken: list[Step] = []
    for number in range(size):
        action, *picks = dice.choice(ACTIONS), pick(), pick(), pick(), pick()
        taken.append((action, *picks))
        if number % KEYS_EVERY == 0:
            # By the same picks: what else happens does not depend on keys.
            taken.append((KEY_ACTIONS[number // KEYS_EVERY % len(KEY_ACTIONS)], *picks))
    return history(taken, prefix)
