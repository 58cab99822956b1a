"""What can go wrong at the log; drivers' errors are translated into these at the adapter, once."""


class LogError(Exception):
    """Base of everything the log raises."""


class LogUnavailable(LogError):
    """The log can't answer now and nothing was written; try again later."""


class LogUnreachable(LogUnavailable):
    """No connection to the log's server could be made; it may come by itself."""


class LogConflict(LogError):
    """Another process took the same (stream, version) or key first; nothing was written, try again."""


class TooLarge(LogConflict):
    """More than the log's server takes at once; nothing was written, and what is alone will never fit."""


class LogContended(LogError):
    """Other transactions were in the way (a deadlock, a lock not given in time); nothing was written, try again."""


class LockTimeout(LogContended):
    """Another transaction holds a lock for longer than it may take; who has it may be frozen."""


class OutcomeUnknown(LogError):
    """COMMIT gave no answer: the batch may or may not be in the log until `settle` has said so."""


class RolledBack(LogError):
    """COMMIT failed, and the log has told that nothing was written."""


class QueueFull(LogUnavailable):
    """More commands wait than the appender takes."""


class KeyReused(LogError):
    """The idempotency key belongs to another request."""


class AnswerGone(LogError):
    """The key's first request succeeded, but what it made or its owner was deleted since."""


class UndecodableFact(LogError):
    """A stored fact that this program can't read; whoever follows the log must stop there."""


class LogRewound(LogError):
    """The log no longer holds what was read from it before."""


class UnsafeLog(LogError):
    """The server may lose what it acknowledges; the message names the setting to change."""


class WrongFormat(LogError):
    """The stored data has a format that this program must not touch."""
