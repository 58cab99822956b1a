"""Who may what: the one table from routes to what they need."""

from collections.abc import Mapping
from enum import Enum

from web.paths import (
    APPLICATION,
    APPLICATIONS,
    BATCH,
    CHAT,
    CHATS,
    HISTORY,
    KEY,
    KEYS,
    MESSAGE,
    MESSAGES,
    SEARCH,
)


class Need(Enum):
    """What a request must come with, once its application has had a key; the admin key always does."""

    OPEN = "open"
    READ = "read"
    WRITE = "write"
    ADMIN = "admin"

    def met_by(self, scope: str) -> bool:
        """Whether a key of that scope is enough: who may write may read, too."""
        return self is Need.OPEN or scope == self.value or (self is Need.READ and scope == Need.WRITE.value)


NEEDS: Mapping[tuple[str, str], Need] = {
    (APPLICATIONS, "GET"): Need.ADMIN,
    (APPLICATIONS, "POST"): Need.ADMIN,
    (APPLICATION, "GET"): Need.READ,
    (APPLICATION, "PATCH"): Need.WRITE,
    (APPLICATION, "PUT"): Need.WRITE,
    (APPLICATION, "DELETE"): Need.ADMIN,
    (KEYS, "GET"): Need.WRITE,
    (KEYS, "POST"): Need.WRITE,
    (KEY, "DELETE"): Need.WRITE,
    (CHATS, "GET"): Need.READ,
    (CHATS, "POST"): Need.WRITE,
    (CHAT, "GET"): Need.READ,
    (CHAT, "PATCH"): Need.WRITE,
    (CHAT, "PUT"): Need.WRITE,
    (CHAT, "DELETE"): Need.WRITE,
    (MESSAGES, "GET"): Need.READ,
    (MESSAGES, "POST"): Need.WRITE,
    (BATCH, "POST"): Need.WRITE,
    (SEARCH, "GET"): Need.READ,
    (MESSAGE, "GET"): Need.READ,
    (MESSAGE, "PATCH"): Need.WRITE,
    (MESSAGE, "PUT"): Need.WRITE,
    (MESSAGE, "DELETE"): Need.WRITE,
    (HISTORY, "GET"): Need.READ,
}
"""By URI template and method; HEAD needs what GET does."""


def need(template: str, method: str) -> Need:
    """What that route needs. Raises KeyError for one below an application that the table does not name."""
    if not template.startswith(APPLICATIONS):
        return Need.OPEN
    return NEEDS[template, "GET" if method == "HEAD" else method]
