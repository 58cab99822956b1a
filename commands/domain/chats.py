"""The numbering of an application's chats: stream `chats/{token}`."""

from commands.domain.refusals import require
from commands.intents import CreateChat
from eventstore.events import ChatCreated, Fact


def decide(intent: CreateChat, last: int, at: str) -> tuple[ChatCreated, ...]:
    """A chat with the number after the last one. Raises StaleVersion: the list of chats has no versions."""
    require(intent.condition)
    return (ChatCreated(token=intent.token, at=at, number=last + 1, title=intent.title),)


def evolve(last: int, fact: Fact) -> int:
    """The number of the last chat that was ever created."""
    return fact.number if isinstance(fact, ChatCreated) else last
