"""One chat: stream `chat/{token}/{number}`."""

from msgspec import Struct

from commands.domain.refusals import NoSuch, require
from commands.intents import DeleteChat, RetitleChat
from eventstore.events import ChatCreated, ChatDeleted, ChatRetitled, Fact


class Chat(Struct, frozen=True):
    number: int
    title: str | None
    created_at: str
    updated_at: str


def decide(intent: RetitleChat | DeleteChat, chat: Chat | None, at: str) -> tuple[Fact, ...]:
    """The facts that the intent makes of the chat; none if it changes nothing. Raises NoSuch, or StaleVersion."""
    if chat is None:
        raise NoSuch("chat")
    require(intent.condition)
    if isinstance(intent, DeleteChat):
        return (ChatDeleted(token=intent.token, at=at, number=intent.number),)
    if intent.title == chat.title:
        return ()
    return (
        ChatRetitled(
            token=intent.token, at=at, number=intent.number, title=intent.title, created_at=chat.created_at
        ),
    )


def evolve(chat: Chat | None, fact: Fact) -> Chat | None:
    """The chat after the fact; any of its facts is enough, an earlier state is not needed."""
    match fact:
        case ChatCreated():
            return Chat(fact.number, fact.title, fact.at, fact.at)
        case ChatRetitled():
            return Chat(fact.number, fact.title, fact.created_at, fact.at)
        case ChatDeleted():
            return None
    return chat
