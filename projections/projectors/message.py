"""What a message's facts come to; the same for every read model that keeps messages."""

from eventstore.events import MessageCreated, MessageDeleted, MessageEdited
from projections.readmodel.changes import DropMessage, PutMessage


def put_posted(position: int, fact: MessageCreated) -> PutMessage:
    """A new message: version 1."""
    return PutMessage(
        fact.token, fact.chat, fact.number, 1, fact.body, fact.sender, fact.at, fact.at, position
    )


def put_edited(position: int, fact: MessageEdited) -> PutMessage:
    """The whole message after an edit."""
    return PutMessage(
        fact.token,
        fact.chat,
        fact.number,
        fact.version,
        fact.body,
        fact.sender,
        fact.created_at,
        fact.at,
        position,
    )


def drop_message(position: int, fact: MessageDeleted) -> DropMessage:
    """The end of a message."""
    return DropMessage(fact.token, fact.chat, fact.number, position)
