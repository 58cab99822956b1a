"""Originator ids as they are stored, and back."""

from enum import Enum
from uuid import UUID

from eventsourcing.persistence import DataError

LONGEST = 1024


class OriginatorIds(Enum):
    """The library's ORIGINATOR_ID_TYPE: what ids are when they are read."""

    AS_UUID = "uuid"
    AS_TEXT = "text"

    def stored(self, originator_id: UUID | str) -> bytes:
        """Text as UTF-8, a UUID by its 32 hexadecimal digits, as the library's own modules have it.

        Raises DataError for text where UUIDs are expected: it could be stored but not be read again.
        """
        if isinstance(originator_id, UUID):
            return originator_id.hex.encode()
        if self is OriginatorIds.AS_UUID:
            raise DataError(f"{originator_id!r} is no UUID; set ORIGINATOR_ID_TYPE to 'text' for text as ids")
        return key(originator_id)

    def read(self, stored: bytes) -> UUID | str:
        """The id."""
        text = stored.decode()
        return UUID(text) if self is OriginatorIds.AS_UUID else text


def key(text: str) -> bytes:
    """Text of a key column, compared by its bytes. Raises DataError for what can't be stored whole."""
    try:
        stored = text.encode()
    except UnicodeEncodeError as error:
        raise DataError(f"{text!r}: {error}") from error
    if len(stored) > LONGEST:
        raise DataError(f"{text[:40]!r}… has {len(stored)} bytes, {LONGEST} can be stored")
    return stored
