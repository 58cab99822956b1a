"""Each operation of the public address: what the routes themselves can't tell of it."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from parley.openapi.parameters import FRESHNESS, PAGE
from web import paths

JSON = "application/json"
HTML = "text/html; charset=utf-8"


@dataclass(frozen=True, slots=True)
class Operation:
    """`answer` and `body` name schemas; `makes` are the fields that a path to the new thing takes from the answer."""

    id: str
    tag: str
    summary: str
    answer: str = ""
    status: int = 200
    body: str = ""
    body_needed: bool = True
    parameters: tuple[str, ...] = ()
    headers: tuple[str, ...] = ()
    statuses: tuple[int, ...] = ()
    makes: Mapping[str, str] = field(default_factory=dict)
    media_type: str = JSON


def _make(id: str, tag: str, summary: str, answer: str, body: str, **makes: str) -> Operation:
    kept = id != "createKey"
    return Operation(
        id,
        tag,
        summary,
        answer,
        201,
        body,
        body_needed=id != "createChat",
        parameters=("idempotencyKey",) if kept else (),
        headers=("Location", "Log-Position", *(("Idempotent-Replayed",) if kept else ())),
        statuses=(409,) if kept else (),
        makes=makes,
    )


def _change(id: str, tag: str, summary: str, answer: str, body: str) -> Operation:
    headers = ("Log-Position", *(("ETag",) if answer == "Message" else ()))
    return Operation(id, tag, summary, answer, 200, body, headers=headers)


def _delete(id: str, tag: str, summary: str) -> Operation:
    return Operation(id, tag, summary, "", 204, headers=("Log-Position",))


def _read(id: str, tag: str, summary: str, answer: str, *parameters: str) -> Operation:
    headers = ("ETag",) if id == "getMessage" else ("Link",) if parameters else ()
    return Operation(id, tag, summary, answer, parameters=(*parameters, *FRESHNESS), headers=headers)


OPERATIONS: Mapping[tuple[str, str], Operation] = {
    (paths.APPLICATIONS, "POST"): _make(
        "createApplication",
        "applications",
        "Make an application",
        "Application",
        "ApplicationBody",
        token="token",
    ),
    (paths.APPLICATIONS, "GET"): _read(
        "listApplications",
        "applications",
        "All applications, as they were made",
        "Applications",
        "limit",
        "cursor",
    ),
    (paths.APPLICATION, "GET"): _read("getApplication", "applications", "An application", "Application"),
    (paths.APPLICATION, "PATCH"): _change(
        "patchApplication", "applications", "Rename an application", "Application", "ApplicationBody"
    ),
    (paths.APPLICATION, "PUT"): _change(
        "putApplication", "applications", "Rename an application", "Application", "ApplicationBody"
    ),
    (paths.APPLICATION, "DELETE"): _delete(
        "deleteApplication", "applications", "Delete an application with all that is in it"
    ),
    (paths.KEYS, "POST"): _make(
        "createKey",
        "keys",
        "Make a key; from the first one on, the application's routes need one",
        "NewKey",
        "KeyBody",
        key="id",
    ),
    (paths.KEYS, "GET"): _read("listKeys", "keys", "The keys that work", "Keys", "limit", "cursor"),
    (paths.KEY, "DELETE"): _delete("deleteKey", "keys", "Revoke a key"),
    (paths.CHATS, "POST"): _make("createChat", "chats", "Open a chat", "Chat", "NewChatBody", chat="number"),
    (paths.CHATS, "GET"): _read(
        "listChats",
        "chats",
        "The chats of an application. cursor goes with order=recent, after and before with the others",
        "Chats",
        *PAGE,
        "orderOfChats",
        "cursor",
    ),
    (paths.CHAT, "GET"): _read("getChat", "chats", "A chat", "Chat"),
    (paths.CHAT, "PATCH"): _change("patchChat", "chats", "Retitle a chat", "Chat", "ChatBody"),
    (paths.CHAT, "PUT"): _change("putChat", "chats", "Retitle a chat", "Chat", "ChatBody"),
    (paths.CHAT, "DELETE"): _delete("deleteChat", "chats", "Delete a chat with its messages"),
    (paths.MESSAGES, "POST"): _make(
        "createMessage", "messages", "Post a message", "Message", "NewMessageBody", message="number"
    ),
    (paths.MESSAGES, "GET"): _read(
        "listMessages", "messages", "The messages of a chat", "Messages", *PAGE, "order"
    ),
    (paths.BATCH, "POST"): _make(
        "createMessages",
        "messages",
        "Post up to 1,000 messages, all or none",
        "Batch",
        "BatchBody",
        message="first",
    ),
    (paths.SEARCH, "GET"): _read(
        "searchMessages", "messages", "The messages that contain a text", "Hits", "q", *PAGE, "orderOfHits"
    ),
    (paths.MESSAGE, "GET"): _read("getMessage", "messages", "A message", "Message"),
    (paths.MESSAGE, "PATCH"): _change("patchMessage", "messages", "Edit a message", "Message", "MessageBody"),
    (paths.MESSAGE, "PUT"): _change("putMessage", "messages", "Edit a message", "Message", "MessageBody"),
    (paths.MESSAGE, "DELETE"): _delete("deleteMessage", "messages", "Delete a message"),
    (paths.HISTORY, "GET"): _read(
        "listVersions", "messages", "The versions of a message, oldest first", "Versions", "limit", "after"
    ),
    (paths.LIVEZ, "GET"): Operation("livez", "server", "Whether the process runs", "Alive"),
    (paths.READYZ, "GET"): Operation(
        "readyz", "server", "Whether the process can do its job", "Ready", parameters=("verbose",)
    ),
    (paths.METRICS, "GET"): Operation(
        "metrics",
        "server",
        "For Prometheus; a gateway does not forward it",
        media_type="text/plain; version=0.0.4; charset=utf-8",
    ),
    (paths.OPENAPI, "GET"): Operation("openapi", "documents", "This document", "Document", headers=("ETag",)),
    (paths.DOCS, "GET"): Operation(
        "docs", "documents", "This document for people", headers=("ETag",), media_type=HTML
    ),
    (paths.DOCS_FILE, "GET"): Operation(
        "docsFile", "documents", "A file of that page", headers=("ETag",), media_type="*/*"
    ),
    (paths.PROBLEM, "GET"): Operation(
        "problem", "documents", "What a type of problem means", headers=("ETag",), media_type=HTML
    ),
}
