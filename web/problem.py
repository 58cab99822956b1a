"""RFC 9457 problem+json: the one shape of every refusal."""

import logging
from collections.abc import Iterable, Mapping, Sequence
from http import HTTPStatus
from typing import Any

import falcon
import falcon.asgi
import orjson

MEDIA_TYPE = "application/problem+json"
RETRY_AFTER = {"Retry-After": "1"}
"""For what may go well in a moment."""
MAX_ERRORS = 20
MAX_TEXT = 300

# status: (slug of the type, title, detail when nobody says more)
KINDS: Mapping[int, tuple[str, str, str]] = {
    400: ("malformed", "Malformed request", "The request could not be understood."),
    401: ("unauthenticated", "Key needed", "A valid key is needed here."),
    403: ("forbidden", "Not allowed", "This is not allowed with the key that was given."),
    404: ("not-found", "Not found", "There is nothing here."),
    405: ("method-not-allowed", "Method not allowed", "This method does not exist here; see Allow."),
    409: ("conflict", "Conflict", "Another request is in the way of this one."),
    412: ("stale", "Precondition failed", "The thing is not as If-Match or If-None-Match requires."),
    413: ("too-large", "Body too large", "The request body is larger than what is accepted here."),
    415: ("unsupported-media-type", "Unsupported media type", "The body must be application/json."),
    422: ("invalid", "Invalid input", "The input breaks a rule; see errors."),
    429: ("too-many-requests", "Too many requests", "Slow down; see Retry-After."),
    500: ("internal", "Internal error", "Something went wrong on the server. Nothing more can be said here."),
    503: ("unavailable", "Unavailable", "This can't be answered now; see Retry-After."),
    505: ("http-version", "HTTP version not supported", "Speak HTTP/1.1 here."),
}

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
    slug, title, default = KINDS.get(status) or _unlisted(status)
    fields: dict[str, Any] = {
        "type": f"/docs/problems/{slug}" if slug else "about:blank",
        "title": title,
        "status": status,
        "detail": _clean(detail or default),
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
        req.scope["parley.failed"] = guess
    resp.content_type = MEDIA_TYPE
    resp.data = document(error.status_code, error.description, getattr(error, "errors", ()))


def _unlisted(status: int) -> tuple[str, str, str]:
    phrase = HTTPStatus(status).phrase if status in HTTPStatus._value2member_map_ else "Error"
    return "", phrase, phrase


def _clean(text: str) -> str:
    """`text` cut to a sane length, and with lone surrogates (which UTF-8 can't carry) escaped."""
    return text[:MAX_TEXT].encode("utf-8", "backslashreplace").decode()
