"""The ids that stand for (token, chat number) in a generation's rows."""

from collections.abc import Callable

ChatKey = tuple[str, int]

MOST = 20_000


class ChatIds:
    """Remembers ids; emptied when it is full, so that it stays small however many chats there are."""

    def __init__(self, find: Callable[[ChatKey], int]) -> None:
        self._find = find
        self._known: dict[ChatKey, int] = {}

    def __getitem__(self, key: ChatKey) -> int:
        found = self._known.get(key)
        if found is None:
            if len(self._known) >= MOST:
                self._known.clear()
            found = self._known[key] = self._find(key)
        return found

    def forget(self, key: ChatKey) -> None:
        """The chat is gone."""
        self._known.pop(key, None)

    def forget_all(self) -> None:
        """Many are gone, or none of what was done is certain."""
        self._known.clear()
