"""RFC 9457 problem+json: the one shape of every refusal."""

import logging
from collections.abc import Iterable, Mapping, Sequence
from http import HTTPStatus
from typing import Any, NamedTuple

import falcon
import falcon.asgi
import orjson

MEDIA_TYPE = "application/problem+json"
PAGES = "/docs/problems/"
"""Where each type of problem has its page."""
RETRY_AFTER = {"Retry-After": "1"}
"""For what may go well in a moment."""
FAILED = "parley.failed"
"""The key of the ASGI scope that is true when what was presented as a key or token is none."""
MAX_ERRORS = 20
MAX_TEXT = 300


class Kind(NamedTuple):
    """A type of problem: what it is called and what is said of it, in an answer and on the page that explains it."""

    slug: str
    title: str
    detail: str
    meaning: str
    cure: str

    @property
    def type(self) -> str:
        """The `type` of its problems, a path on the public address."""
        return f"{PAGES}{self.slug}"


# By status; `detail` is for when nobody says more.
KINDS: Mapping[int, Kind] = {
    400: Kind(
        "malformed",
        "Malformed request",
        "The request could not be understood.",
        "The request is not well-formed: its body is not strict JSON in UTF-8, or a header, a cursor or the query"
        " has a spelling that means nothing here.",
        "Read detail, which names the part, and mend it in the client. The same request will be refused again.",
    ),
    401: Kind(
        "unauthenticated",
        "Key needed",
        "A valid key is needed here.",
        "This route needs a key, and none came or the one that came is not valid (any more). Applications that"
        " ever had a key of their own need one for all their routes.",
        "Send Authorization: Bearer with a key of this application, or with the admin key. If it was revoked, have"
        " another one made.",
    ),
    403: Kind(
        "forbidden",
        "Not allowed",
        "This is not allowed with the key that was given.",
        "The key is valid, but its scope is not enough: a key that may read can't write.",
        "Use a key with the scope write, or the admin key for what only the admin may do.",
    ),
    404: Kind(
        "not-found",
        "Not found",
        "There is nothing here.",
        "There is no such route, application, chat, message or key; or it was deleted; or it is another"
        " application's, of which nothing is told.",
        "Check the path: the token, and numbers without leading zeros. What was deleted does not come back. If it"
        " was made a moment ago, send its Log-Position as Min-Log-Position.",
    ),
    405: Kind(
        "method-not-allowed",
        "Method not allowed",
        "This method does not exist here; see Allow.",
        "The route is there, but not with this method.",
        "Use one of the methods that the header Allow names.",
    ),
    409: Kind(
        "conflict",
        "Conflict",
        "Another request is in the way of this one.",
        "The first request with this Idempotency-Key is still running, and had no outcome while this one waited.",
        "Wait for as long as Retry-After says, then send the same request with the same key again.",
    ),
    412: Kind(
        "stale",
        "Precondition failed",
        "The thing is not as If-Match or If-None-Match requires.",
        "If-Match or If-None-Match was sent, and the thing is at another version: somebody changed it meanwhile.",
        "Read it again, decide whether the change is still wanted, and send it with the ETag of what was read.",
    ),
    413: Kind(
        "too-large",
        "Body too large",
        "The request body is larger than what is accepted here.",
        "The body has more bytes than the route takes: 256 KiB, or 4 MiB for a batch of messages.",
        "Send less; spread many messages over several batches.",
    ),
    415: Kind(
        "unsupported-media-type",
        "Unsupported media type",
        "The body must be application/json.",
        "The body is not declared as JSON, or it is compressed.",
        "Send Content-Type: application/json, and no Content-Encoding.",
    ),
    422: Kind(
        "invalid",
        "Invalid input",
        "The input breaks a rule; see errors.",
        "The request is well-formed, but a field of the body, a query parameter or an Idempotency-Key that was used"
        " for something else breaks a rule.",
        "Each of errors names the place, by a JSON pointer into the body or a query parameter, and its rule. Mend all"
        " of them; nothing was done.",
    ),
    429: Kind(
        "too-many-requests",
        "Too many requests",
        "Slow down; see Retry-After.",
        "The key, the application or the address has used up what it may ask for in a while, or the address has"
        " tried too many wrong keys and tokens.",
        "Wait for as long as Retry-After says. RateLimit-Policy names the limits, RateLimit what is left of the"
        " tightest.",
    ),
    500: Kind(
        "internal",
        "Internal error",
        "Something went wrong on the server. Nothing more can be said here.",
        "The server met something that nobody foresaw. Its log has it, under the X-Request-Id of the answer.",
        "Give the operator the X-Request-Id. Repeat a POST only with an Idempotency-Key: what was done is not known.",
    ),
    503: Kind(
        "unavailable",
        "Unavailable",
        "This can't be answered now; see Retry-After.",
        "The log, a read model or the search index can't answer now, has not yet come to the position that was asked"
        " for, or too much waits already.",
        "Wait for as long as Retry-After says and send it again; a POST with the same Idempotency-Key, so that it is"
        " done once.",
    ),
    505: Kind(
        "http-version",
        "HTTP version not supported",
        "Speak HTTP/1.1 here.",
        "The request came in a version of HTTP that is not spoken here.",
        "Use HTTP/1.1.",
    ),
}

# They describe the answer that was to be given before the problem was met, for instance that it is compressed.
_OF_ANSWERS = ("Content-Encoding", "ETag", "Cache-Control", "Link", "Location")

_log = logging.getLogger("web.problem")


class Problem(falcon.HTTPError):
    """A refusal: an HTTP status, what was wrong, and for invalid input where.

    `errors` are objects of `detail` and either `pointer` (RFC 6901, into the body) or `parameter` (of the
    query).
    """

    errors: Sequence[Mapping[str, str]]

    def __init__(
        self,
        status: int,
        detail: str | None = None,
        *,
        errors: Iterable[Mapping[str, str]] = (),
        headers: Mapping[str, str] | None = None,
        guess: bool | None = None,
    ) -> None:
        """`guess`: whether the request may have been a guess at a token, which counts like a 401; None: not known."""
        super().__init__(status, description=detail, headers=dict(headers) if headers else None)
        self.errors = tuple(errors)
        self.guess = guess

    def __str__(self) -> str:
        return f"{self.status} {self.description or ''}".rstrip()


def pointer(*path: str | int) -> str:
    """The JSON pointer of `path`, for `errors` of a body."""
    return "".join(f"/{str(part).replace('~', '~0').replace('/', '~1')}" for part in path)


def document(status: int, detail: str | None = None, errors: Sequence[Mapping[str, str]] = ()) -> bytes:
    """The body of a problem. Texts and lists that a client made endless are cut."""
    kind = KINDS.get(status)
    title = _phrase(status) if kind is None else kind.title
    fields: dict[str, Any] = {
        "type": "about:blank" if kind is None else kind.type,
        "title": title,
        "status": status,
        "detail": _clean(detail or (title if kind is None else kind.detail)),
    }
    if errors:
        fields["errors"] = [
            {name: _clean(text) for name, text in error.items()} for error in errors[:MAX_ERRORS]
        ]
    return orjson.dumps(fields)


def problem_response(
    status: int,
    detail: str | None = None,
    *,
    errors: Sequence[Mapping[str, str]] = (),
    headers: Iterable[tuple[bytes, bytes]] = (),
) -> tuple[list[tuple[bytes, bytes]], bytes]:
    """ASGI headers and body of a problem, for what answers outside of Falcon."""
    body = document(status, detail, errors)
    return [
        (b"content-type", MEDIA_TYPE.encode()),
        (b"content-length", str(len(body)).encode()),
        *headers,
    ], body


def install(app: falcon.asgi.App[Any, Any], allowed: Mapping[str, Sequence[str]]) -> None:
    """Make every error of `app` a problem.

    `allowed` says for each URI template which methods exist on the public address, whichever app serves them.
    """
    allow = {template: allow_header(methods) for template, methods in allowed.items()}

    async def method_not_allowed(req: Any, resp: Any, error: falcon.HTTPMethodNotAllowed, _: Any) -> None:
        resp.status = 405
        headers = dict(error.headers or {})
        resp.set_header("Allow", allow.get(req.uri_template) or headers.get("Allow", ""))
        _serialize(req, resp, error)

    async def unexpected(req: Any, _resp: Any, error: Exception, _: Any) -> None:
        # The template, not the path: a token in the path is a capability and has no place in a log.
        _log.error("unhandled error in %s %s", req.method, req.uri_template, exc_info=error)
        raise Problem(500)

    app.add_error_handler(falcon.HTTPMethodNotAllowed, method_not_allowed)
    app.add_error_handler(Exception, unexpected)
    app.set_error_serializer(_serialize)


def allow_header(methods: Iterable[str]) -> str:
    """The value of `Allow` for a route's own methods: HEAD comes with GET, OPTIONS with all."""
    every = {*methods, "OPTIONS"}
    if "GET" in every:
        every.add("HEAD")
    return ", ".join(sorted(every))


def _serialize(req: Any, resp: Any, error: falcon.HTTPError) -> None:
    guess = True if error.status_code == 401 else getattr(error, "guess", None)
    if guess is not None:
        # The layer that limits guesses by address goes by this.
        req.scope[FAILED] = guess
    for name in _OF_ANSWERS:
        resp.delete_header(name)
    resp.content_type = MEDIA_TYPE
    resp.data = document(error.status_code, error.description, getattr(error, "errors", ()))


def _phrase(status: int) -> str:
    return HTTPStatus(status).phrase if status in HTTPStatus._value2member_map_ else "Error"


def _clean(text: str) -> str:
    """`text` cut to a sane length, and with lone surrogates (which UTF-8 can't carry) escaped."""
    return text[:MAX_TEXT].encode("utf-8", "backslashreplace").decode()
