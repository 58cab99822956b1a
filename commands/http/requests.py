"""What the resources read from requests beside the body's fields."""

import re
from hashlib import blake2b
from typing import Any

import falcon.asgi

from commands.intents import WHATEVER, Condition
from eventstore.log import CommandKey
from web import etag
from web.params import Params
from web.problem import Problem
from web.strict_json import dumps_sorted

_KEY = re.compile("[\x21-\x7e]{1,255}")
_VERSION = re.compile("[1-9][0-9]{0,17}")


def no_params(req: falcon.asgi.Request) -> None:
    """Raises Problem 422 if the request has a query: no command takes one."""
    if req.query_string:
        Params(req).done()


async def no_body(req: falcon.asgi.Request) -> None:
    """Raises Problem 422 if a body came where none belongs."""
    if await req.stream.read(1):
        raise Problem(422, errors=[{"pointer": "", "detail": "no body belongs here"}])


def command_key(req: falcon.asgi.Request, scope: str, body: Any) -> CommandKey | None:
    """The `Idempotency-Key`, bound to method, path and parsed body. Raises Problem 400 if it is malformed."""
    key = req.get_header("Idempotency-Key")
    if key is None:
        return None
    if not _KEY.fullmatch(key):
        raise Problem(400, "Idempotency-Key must be 1 to 255 visible ASCII characters.")
    request = dumps_sorted([req.method, req.path, body])
    return CommandKey(scope, key, blake2b(request, digest_size=16).digest())


def no_command_key(req: falcon.asgi.Request) -> None:
    """Raises Problem 400 if an `Idempotency-Key` came where no answer is kept."""
    if req.get_header("Idempotency-Key") is not None:
        raise Problem(400, "No Idempotency-Key belongs here: what this answers is kept nowhere.")


def condition(req: falcon.asgi.Request) -> Condition:
    """What `If-Match` and `If-None-Match` require. Raises Problem 400 if one of them is malformed."""
    match = etag.parse(req.get_header("If-Match"), "If-Match")
    none_match = etag.parse(req.get_header("If-None-Match"), "If-None-Match")
    if match is None and none_match is None:
        return WHATEVER
    return Condition(
        among=None if match is None or match.any else _versions(match.strong),
        outside=frozenset() if none_match is None else _versions(none_match.strong | none_match.weak),
        absent=none_match is not None and none_match.any,
    )


def _versions(tags: frozenset[str]) -> frozenset[int]:
    """Those that there can be: no version is spelled in another way."""
    return frozenset(int(tag) for tag in tags if _VERSION.fullmatch(tag))
