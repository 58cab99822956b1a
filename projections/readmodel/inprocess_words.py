"""Words within one process."""

from collections import defaultdict

from projections.readmodel.words import Hear


class InProcessWords:
    """Implements `words.Words`; who tells calls those who listen."""

    def __init__(self) -> None:
        self._hear: defaultdict[str, list[Hear]] = defaultdict(list)

    @property
    def error(self) -> str | None:
        return None

    def tell(self, projection: str, position: int) -> None:
        for hear in tuple(self._hear[projection]):
            hear(position)

    def listen(self, projection: str, hear: Hear) -> None:
        self._hear[projection].append(hear)

    def close(self) -> None:
        self._hear.clear()
