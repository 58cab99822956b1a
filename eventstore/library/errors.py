"""The errors that the library's persistence modules raise, out of the drivers' ones."""

from eventsourcing import persistence
from eventsourcing.persistence import OperationalError, PersistenceError

_NAMES = (
    "InterfaceError DataError OperationalError IntegrityError InternalError ProgrammingError NotSupportedError"
    " DatabaseError"
).split()
_BY_NAME: dict[str, type[PersistenceError]] = {name: getattr(persistence, name) for name in _NAMES}


class ConnectionLostError(OperationalError):
    """The server or the way to it went away before COMMIT was sent: nothing was written."""


class OutcomeUnknownError(OperationalError):
    """COMMIT gave no answer: what was sent is recorded as a whole, or not at all.

    Recording the same events once more tells which: an IntegrityError says that their versions are taken.
    """


def translated(error: Exception) -> PersistenceError:
    """The library's error of the same name: both sides have the names of PEP 249."""
    for kind in type(error).__mro__:
        if kind.__name__ in _BY_NAME:
            return _BY_NAME[kind.__name__](str(error))
    return PersistenceError(str(error))
