"""What is run, and how much of it."""

from dataclasses import dataclass

MANY, HOT = "1,000 chats", "a hot chat"
"""Two histories: messages spread over all chats, and one chat that has most of a tenth of a million."""


@dataclass(frozen=True, slots=True)
class Plan:
    """`events` are those of a history, and those that memory is watched over."""

    events: int = 200_000
    shapes: tuple[str, ...] = (MANY, HOT)
    chats: int = 1000
    most_hot: int = 100_000
    rounds: int = 2
    rate: int = 1000
    seconds: float = 20
    load_seconds: int = 4
    searches: int = 200

    @property
    def messages(self) -> int:
        """How many of the events are messages; the others make the application and its chats."""
        return self.events - self.chats - 1

    def hot(self, shape: str) -> int:
        """How many messages the first chat has."""
        share = self.messages // self.chats
        return min(self.most_hot, self.messages // 2) if shape == HOT else share


USUAL = Plan()
