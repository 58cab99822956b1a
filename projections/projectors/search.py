"""The fold of the search index: the messages, and the chats that they stand and fall with."""

from collections.abc import Iterator, Sequence

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
from projections.projectors.fold import Positioned
from projections.projectors.message import drop_message, put_edited, put_posted
from projections.readmodel.changes import Change, DropApplication, DropChat, PutChat


def fold(facts: Sequence[Positioned]) -> list[Change]:
    """The changes in order; names, titles and keys make none."""
    return [change for position, fact in facts for change in _changes(position, fact)]


def _changes(position: int, fact: Fact) -> Iterator[Change]:
    match fact:
        case MessageCreated():
            yield put_posted(position, fact)
        case MessageEdited():
            yield put_edited(position, fact)
        case MessageDeleted():
            yield drop_message(position, fact)
        case ChatCreated():
            yield PutChat(fact.token, fact.number, fact.title, fact.at, fact.at)
        case ChatDeleted():
            yield DropChat(fact.token, fact.number)
        case ApplicationDeleted():
            yield DropApplication(fact.token)
        case ApplicationCreated() | ApplicationRenamed() | ChatRetitled() | KeyAdded() | KeyRevoked():
            pass
        case _:
            raise NotImplementedError(f"the search index does not know {type(fact).__name__}")
