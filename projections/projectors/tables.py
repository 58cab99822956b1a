"""The fold of the read tables: every fact changes a row."""

from collections.abc import Sequence

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
from projections.readmodel.changes import (
    Change,
    DropApplication,
    DropChat,
    DropKey,
    PutApplication,
    PutChat,
    PutKey,
)


def fold(facts: Sequence[Positioned]) -> list[Change]:
    """One change for each fact, in order."""
    return [_change(position, fact) for position, fact in facts]


def _change(position: int, fact: Fact) -> Change:
    match fact:
        case MessageCreated():
            return put_posted(position, fact)
        case MessageEdited():
            return put_edited(position, fact)
        case MessageDeleted():
            return drop_message(position, fact)
        case ChatCreated():
            return PutChat(fact.token, fact.number, fact.title, fact.at, fact.at)
        case ChatRetitled():
            return PutChat(fact.token, fact.number, fact.title, fact.created_at, fact.at)
        case ChatDeleted():
            return DropChat(fact.token, fact.number)
        case ApplicationCreated():
            return PutApplication(fact.token, fact.name, fact.at, fact.at)
        case ApplicationRenamed():
            return PutApplication(fact.token, fact.name, fact.created_at, fact.at)
        case ApplicationDeleted():
            return DropApplication(fact.token)
        case KeyAdded():
            return PutKey(fact.token, fact.id, fact.scope, bytes.fromhex(fact.hash), fact.at)
        case KeyRevoked():
            return DropKey(fact.token, fact.id)
    raise NotImplementedError(f"the read tables do not know {type(fact).__name__}")
