"""The names of the streams; one place, so that a lock and a fact can't disagree."""


def application(token: str) -> str:
    """The application's own facts."""
    return f"application/{token}"


def chats(token: str) -> str:
    """The creations of an application's chats: version = chat number."""
    return f"chats/{token}"


def chat(token: str, number: int) -> str:
    """What happens to one chat after its creation."""
    return f"chat/{token}/{number}"


def messages(token: str, chat_number: int) -> str:
    """The creations of a chat's messages: version = message number."""
    return f"messages/{token}/{chat_number}"


def message(token: str, chat_number: int, number: int) -> str:
    """What happens to one message after its creation: version + 1 = the message's version."""
    return f"message/{token}/{chat_number}/{number}"


def keys(token: str) -> str:
    """An application's keys: version = how many facts there are of them; without a row there never was a key."""
    return f"keys/{token}"
