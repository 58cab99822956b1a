"""The port to which the appender tells what it does, for whoever measures it."""

from typing import Protocol


class Measures(Protocol):
    """Called on the appender's thread or on the event loop; it must not block, and does not raise."""

    def appended(self, events: int, replays: int, seconds: float) -> None:
        """A batch was decided and is durable: so many events of it, after so long. `replays` were answered from
        what was written before.
        """

    def shed(self) -> None:
        """A command was refused since too many wait."""


class Unmeasured:
    """Implements Measures where nobody measures."""

    def appended(self, events: int, replays: int, seconds: float) -> None:
        pass

    def shed(self) -> None:
        pass
