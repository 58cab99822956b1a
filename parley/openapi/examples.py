"""One conversation, told in requests and their answers: the examples of the document."""

from typing import Any

TOKEN = "an-example-of-the-token-of-some-application"
KEY_ID = "5f0c2a9be1d47e36"
AT = "2026-01-31T09:15:00.250000Z"

APPLICATION = {"token": TOKEN, "name": "Bakery", "chats_count": 1, "created_at": AT, "updated_at": AT}
CHAT = {
    "number": 1,
    "title": "Orders",
    "messages_count": 1,
    "last_message_at": AT,
    "created_at": AT,
    "updated_at": AT,
}
MESSAGE = {
    "number": 1,
    "body": "Two crème brûlées, please",
    "sender": "Ada",
    "version": 1,
    "created_at": AT,
    "updated_at": AT,
}
KEY = {"id": KEY_ID, "scope": "read", "created_at": AT}
HIT = {**MESSAGE, "highlights": [[4, 9]]}

# By operationId.
BODIES: dict[str, dict[str, Any]] = {
    "createApplication": {"name": "Bakery"},
    "patchApplication": {"name": "Bakery"},
    "putApplication": {"name": "Bakery"},
    "createKey": {"scope": "read"},
    "createChat": {"title": "Orders"},
    "patchChat": {"title": "Orders"},
    "putChat": {"title": None},
    "createMessage": {"body": "Two crème brûlées, please", "sender": "Ada"},
    "createMessages": {"messages": [{"body": "At noon?", "sender": "Bea"}, {"body": "At noon."}]},
    "patchMessage": {"body": "Two crème brûlées, please"},
    "putMessage": {"body": "Three crème brûlées, please"},
}

_EDITED = {**MESSAGE, "body": "Three crème brûlées, please", "version": 2}
ANSWERS: dict[str, Any] = {
    "createApplication": {**APPLICATION, "chats_count": 0},
    "listApplications": {"items": [APPLICATION], "next": None},
    "getApplication": APPLICATION,
    "patchApplication": APPLICATION,
    "putApplication": APPLICATION,
    "createKey": {**KEY, "key": f"parley_{KEY_ID}_{TOKEN[::-1]}"},
    "listKeys": {"items": [KEY], "next": None},
    "createChat": {**CHAT, "messages_count": 0, "last_message_at": None},
    "listChats": {"items": [CHAT], "next": None},
    "getChat": CHAT,
    "patchChat": CHAT,
    "putChat": {**CHAT, "title": None},
    "createMessage": MESSAGE,
    "createMessages": {"first": 2, "last": 3, "count": 2},
    "listMessages": {"items": [MESSAGE], "next": None},
    "getMessage": MESSAGE,
    "patchMessage": MESSAGE,
    "putMessage": _EDITED,
    "listVersions": {"items": [{"version": 1, "body": MESSAGE["body"], "at": AT}], "next": None},
    "searchMessages": {"items": [HIT], "total": 1, "next": None},
    "livez": {"alive": True},
}
