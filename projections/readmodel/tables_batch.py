"""What a batch of changes comes to in the read tables, whatever keeps them."""

from collections import Counter
from collections.abc import Sequence
from typing import TypeVar

from msgspec import structs

from projections.readmodel.changes import (
    Change,
    DropApplication,
    DropChat,
    DropKey,
    DropMessage,
    PutApplication,
    PutChat,
    PutKey,
    PutMessage,
)
from projections.readmodel.errors import Misfit

Owner = TypeVar("Owner", PutApplication, PutChat)

ChatKey = tuple[str, int]
MessageKey = tuple[str, int, int]


class TablesBatch:
    """Each row once, as it is after the batch; counters as differences.

    The order among things does not matter, since a thing is changed only while it is there and never comes back; the
    order of one message's changes, and of one application's keys, is kept. Raises Misfit for changes of one message
    that do not follow each other.
    """

    def __init__(self, changes: Sequence[Change]) -> None:
        self.applications: dict[str, PutApplication] = {}
        self.keys: dict[str, list[PutKey | DropKey]] = {}
        """By application."""
        self.chats: dict[ChatKey, PutChat] = {}
        self.dropped_applications: list[str] = []
        self.dropped_chats: list[ChatKey] = []
        self.posted: list[PutMessage] = []
        """New messages, as they are after the batch."""
        self.overwritten: list[PutMessage] = []
        """Versions that came and went within the batch."""
        self.edited: dict[MessageKey, PutMessage] = {}
        """Stored messages, as they are after the batch."""
        self.edits_from: dict[MessageKey, int] = {}
        """The version of each edited message that must be stored."""
        self.removed: list[MessageKey] = []
        """Stored messages that are gone."""
        self.counts: Counter[ChatKey] = Counter()
        """Messages more than before, or fewer."""
        self.newest: dict[ChatKey, str] = {}
        """When each chat's last new message was posted."""
        later: list[PutMessage | DropMessage] = []
        for change in changes:
            if isinstance(change, PutMessage):
                (self.posted if change.version == 1 else later).append(change)
            elif isinstance(change, DropMessage):
                later.append(change)
            else:
                self._note(change)
        counts, newest = self.counts, self.newest
        for put in self.posted:
            key = (put.token, put.chat)
            counts[key] += 1
            newest[key] = put.created_at
        if later:
            self._go_on(later)

    @property
    def tokens(self) -> set[str]:
        """All applications that it has to do with."""
        return {
            *self.applications,
            *self.keys,
            *self.dropped_applications,
            *(token for token, _ in self.chats),
            *(token for token, _ in self.dropped_chats),
            *(token for token, _ in self.counts),
            *(token for token, *_ in self.edited),
        }

    def _note(self, change: Change) -> None:
        match change:
            case PutApplication(token=token):
                self.applications[token] = _begun(change, self.applications.get(token))
            case DropApplication(token=token):
                self.dropped_applications.append(token)
            case PutKey(token=token) | DropKey(token=token):
                self.keys.setdefault(token, []).append(change)
            case PutChat(token=token, number=number):
                self.chats[token, number] = _begun(change, self.chats.get((token, number)))
            case DropChat(token=token, number=number):
                self.dropped_chats.append((token, number))

    def _go_on(self, later: Sequence[PutMessage | DropMessage]) -> None:
        """Edits and drops, of messages that are new in this batch or that are stored."""
        new: dict[MessageKey, PutMessage] = {(put.token, put.chat, put.number): put for put in self.posted}
        gone: set[MessageKey] = set()
        for change in later:
            key = (change.token, change.chat, change.number)
            if key in gone:
                raise Misfit(f"a change of a message that is gone: {key}")
            if isinstance(change, PutMessage):
                self._edit(key, change, new)
                continue
            gone.add(key)
            self.counts[key[:2]] -= 1
            if new.pop(key, None) is None:
                self.edited.pop(key, None)
                self.edits_from.pop(key, None)
                self.removed.append(key)
        self.posted = list(new.values())
        self.overwritten = [put for put in self.overwritten if (put.token, put.chat, put.number) not in gone]

    def _edit(self, key: MessageKey, edit: PutMessage, new: dict[MessageKey, PutMessage]) -> None:
        known = new.get(key) or self.edited.get(key)
        if known is None:
            self.edits_from[key] = edit.version - 1
        elif known.version != edit.version - 1 or known.position > edit.position:
            raise Misfit(f"version {edit.version} of message {key} follows version {known.version}")
        else:
            self.overwritten.append(known)
        (new if key in new else self.edited)[key] = edit


def _begun(put: Owner, before: Owner | None) -> Owner:
    """As it is now, but created when it was created first: only the first one says when that was."""
    return put if before is None else structs.replace(put, created_at=before.created_at)
