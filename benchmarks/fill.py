"""Fills a log with messages at bulk speed, as if they had been posted."""

import os
import random
from collections.abc import Iterator
from itertools import islice
from pathlib import Path

from eventstore.clock import rfc3339, system_clock
from eventstore.codec import Codec
from eventstore.events import ApplicationCreated, ChatCreated, Fact, MessageCreated
from eventstore.log import Footprint, Writes
from eventstore.open import migrate_log, open_log
from eventstore.view import View

TOKEN = "b" * 43
WORDS = tuple(
    """
    the of and to in is you that it he was for on are as with his they at be this have from or one had by word
    but not what all were we when your can said there use an each which she do how their if will up other about
    out many then them these so some her would make like him into time has look two more write go see number no
    way could people my than first water been call who oil its now find long down day did get come made may part
    crème brûlée naïve Straße Ångström 日本語 привет мир 🍮
    """.split()
)


def fill(folder: Path, messages: int, chats: int, first_chat: int) -> None:
    """An application with chats, the first of which holds `first_chat` of the messages, the others the rest."""
    url = f"sqlite:///{folder / 'log.db'}"
    migrate_log(url)
    append(url, facts(messages, chats, first_chat))


def append(url: str, facts: Iterator[Fact]) -> None:
    """Append facts to the log without a command."""
    log = open_log(url)
    writer = log.writer()
    while batch := list(islice(facts, 5000)):
        names = frozenset(touch.stream for fact in batch for touch in fact.touches())
        none: frozenset[str] = frozenset()
        view = View(writer.load(Footprint(names, none, none, frozenset(), frozenset())), Codec())
        view.append(batch, [os.urandom(16) for _ in batch])
        writer.commit(Writes(system_clock(), view.events, view.touched))
    writer.close()
    log.close()


def facts(messages: int, chats: int, first_chat: int) -> Iterator[Fact]:
    """An application with chats, the first of which holds `first_chat` of the messages, the others the rest."""
    chance = random.Random(7)
    at = rfc3339(system_clock())
    yield ApplicationCreated(token=TOKEN, at=at, name="bench")
    for number in range(1, chats + 1):
        yield ChatCreated(token=TOKEN, at=at, number=number, title=None)
    last = dict.fromkeys(range(1, chats + 1), 0)
    for turn in range(messages):
        chat = 1 if turn % messages < first_chat else 2 + turn % (chats - 1)
        last[chat] += 1
        body = text(chance)
        yield MessageCreated(token=TOKEN, at=at, chat=chat, number=last[chat], body=body, sender="ann")


def text(chance: random.Random) -> str:
    """About 74 characters of words."""
    return " ".join(chance.choices(WORDS, k=16))[:74]
