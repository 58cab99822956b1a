"""Shows progress on stderr: a bar on a terminal, a plain line every few seconds elsewhere."""

import time
from types import TracebackType
from typing import Self

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TaskID, TextColumn

LINE_EVERY = 5.0


class Meter:
    """A context manager to be called with (what, done, total); each `what` gets a bar of its own."""

    def __init__(self) -> None:
        self._console = Console(stderr=True)
        self._bars = Progress(
            TextColumn("{task.description}"),
            BarColumn(),
            MofNCompleteColumn(),
            TextColumn("{task.fields[pace]}"),
            console=self._console,
        )
        self._started: dict[str, tuple[float, int]] = {}
        self._tasks: dict[str, TaskID] = {}
        self._shown_at = time.monotonic()

    def __enter__(self) -> Self:
        if self._console.is_terminal:
            self._bars.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._bars.stop()

    def __call__(self, what: str, done: int, total: int) -> None:
        """Show that `done` of `total` events are through."""
        now = time.monotonic()
        began, first = self._started.setdefault(what, (now, done))
        text = pace(done - first, total - done, now - began)
        if self._console.is_terminal:
            if what not in self._tasks:
                self._tasks[what] = self._bars.add_task(what, pace="")
            self._bars.update(self._tasks[what], completed=done, total=total, pace=text)
        elif now - self._shown_at >= LINE_EVERY:
            self._shown_at = now
            self._console.print(f"{what}: {done:,} of {total:,} events {text}".rstrip(), highlight=False)


def pace(done: int, left: int, seconds: float) -> str:
    """Rate and time left, from what was done in the last `seconds`."""
    if done <= 0 or seconds <= 0:
        return ""
    rate = done / seconds
    minutes, rest = divmod(round(max(0, left) / rate), 60)
    return f"{rate:,.0f}/s, {minutes}:{rest:02} left"
