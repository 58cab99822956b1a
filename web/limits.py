"""What one connection is allowed before it is refused or closed."""

from dataclasses import dataclass

KIB = 1024


@dataclass(frozen=True, slots=True)
class Limits:
    """Bytes, counts and seconds; the sweeper looks every `sweep_seconds`, so times are that coarse."""

    request_line: int = 8 * KIB
    head: int = 32 * KIB
    pipelined: int = 100
    head_seconds: float = 10
    body_seconds: float = 30
    # More than the 60 s that proxies keep theirs for, so that they never send into a closing connection.
    idle_seconds: float = 75
    # A client must take `unread_bytes` of what waits for it in every `unread_seconds`.
    unread_seconds: float = 30
    unread_bytes: int = 64 * KIB
    # After a refusal the client may go on for this long before the connection is cut.
    linger_seconds: float = 2
    linger_bytes: int = 1024 * KIB
    sweep_seconds: float = 1
