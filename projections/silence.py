"""Notices that a thread waits for an answer that does not come."""

import time

SILENCE = 9.0
"""Seconds that one step may take: to ask the log or the registry, or to apply a batch.

Twenty times what the tables take for 2,000 events on a loaded machine [measured], and more than the pauses that a
search engine which is too busy is given (6.4 s); an orchestrator still hears of a server that hangs after ten.
"""


class Silence:
    """How long a thread has been in one step; written by that thread, to be read by any."""

    def __init__(self, most: float = SILENCE) -> None:
        """`most` is in seconds."""
        self._most = most
        self.ends()

    def ends(self, most: float | None = None) -> None:
        """A step is done; the next one may take `most` seconds, or as long as usual."""
        self._step = (time.monotonic(), self._most if most is None else most)

    @property
    def error(self) -> str | None:
        """Why the thread does not count as working; None if the step takes no longer than it may."""
        since, most = self._step
        silent = time.monotonic() - since
        return f"has waited for an answer for more than {most:g} s" if silent > most else None
