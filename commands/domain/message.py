"""One message: stream `message/{token}/{chat}/{number}`."""

from msgspec import Struct

from commands.domain.refusals import NoSuch, require
from commands.intents import DeleteMessage, EditMessage
from eventstore.events import Fact, MessageCreated, MessageDeleted, MessageEdited


class Message(Struct, frozen=True):
    number: int
    body: str
    sender: str | None
    version: int
    created_at: str
    updated_at: str


def decide(intent: EditMessage | DeleteMessage, message: Message | None, at: str) -> tuple[Fact, ...]:
    """The facts that the intent makes of the message; none if it changes nothing.

    Raises NoSuch, or StaleVersion where the message is not at a version that the intent requires.
    """
    if message is None:
        raise NoSuch("message")
    require(intent.condition, message.version)
    if isinstance(intent, DeleteMessage):
        return (MessageDeleted(token=intent.token, at=at, chat=intent.chat, number=intent.number),)
    if intent.body == message.body:
        return ()
    return (
        MessageEdited(
            token=intent.token,
            at=at,
            chat=intent.chat,
            number=intent.number,
            version=message.version + 1,
            body=intent.body,
            sender=message.sender,
            created_at=message.created_at,
        ),
    )


def evolve(message: Message | None, fact: Fact) -> Message | None:
    """The message after the fact; any of its facts is enough, an earlier state is not needed."""
    match fact:
        case MessageCreated():
            return Message(fact.number, fact.body, fact.sender, 1, fact.at, fact.at)
        case MessageEdited():
            return Message(fact.number, fact.body, fact.sender, fact.version, fact.created_at, fact.at)
        case MessageDeleted():
            return None
    return message
