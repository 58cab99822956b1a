"""JSON in, without the stretches of the standard that let one text mean two things."""

import json
import re
from itertools import islice
from json import JSONDecodeError, JSONDecoder
from typing import Any, NoReturn

import falcon.asgi
import orjson

from web.problem import Problem, pointer

KIB = 1024
BODY_LIMIT = 256 * KIB
BATCH_LIMIT = 4096 * KIB
_MAX_PARTS = 20_000
"""Of a body: twice what a batch of 1,000 messages has. More would be work for seconds, only to be refused."""
_MAX_DIGITS = 19
_MAX_FLOAT = 1000

dumps = orjson.dumps


def dumps_sorted(value: Any) -> bytes:
    """JSON in which the order of an object's members makes no difference."""
    return orjson.dumps(value, option=orjson.OPT_SORT_KEYS)


def loads(raw: bytes) -> Any:
    """The value of the JSON text `raw`.

    Raises Problem: 400 for what is not strict JSON or has too many parts, 422 for a string that holds NUL or a
    lone surrogate.
    """
    if raw.startswith(b"\xef\xbb\xbf"):
        raise Problem(400, "The body starts with a byte order mark.")
    if len(raw) > _MAX_PARTS and _has_many_parts(raw):
        raise Problem(400, "The body holds more values and names than any body here needs.")
    try:
        value = _decoder.decode(raw.decode())
    except UnicodeDecodeError as error:
        raise Problem(400, f"The body is not UTF-8 (byte {error.start}).") from None
    except JSONDecodeError as error:
        detail = f"The body is not JSON: {error.msg} (line {error.lineno}, column {error.colno})."
        raise Problem(400, detail) from None
    except RecursionError:
        raise Problem(400, "The body is nested too deeply.") from None
    # Raw control characters are no JSON and raw surrogates no UTF-8, so only an escape can bring either.
    if b"\\u" in raw:
        _refuse_bad_strings(value)
    return value


async def read_json(req: falcon.asgi.Request, *, limit: int = BODY_LIMIT, empty: Any = None) -> Any:
    """The JSON body of `req`, at most `limit` bytes. A missing body is `empty`, where that is given."""
    if req.content_type is None and empty is not None:
        body = await _read(req, limit)
        if body:
            raise Problem(415, "The body needs Content-Type: application/json.")
        return empty
    body = await read_body(req, limit)
    if not body:
        if empty is not None:
            return empty
        raise Problem(400, "A JSON body is needed.")
    return loads(body)


async def read_body(req: falcon.asgi.Request, limit: int = BODY_LIMIT) -> bytes:
    """The bytes of an application/json body of `req`. Raises Problem 413, 415, or 400 if it was cut short."""
    media_type = req.content_type
    if media_type != "application/json":
        _check_media_type(media_type)
    return await _read(req, limit)


async def _read(req: falcon.asgi.Request, limit: int) -> bytes:
    encoding = req.get_header("Content-Encoding")
    if encoding is not None and encoding.strip().lower() != "identity":
        raise Problem(415, "The body must not be content-encoded.")
    expected = req.content_length
    if expected is not None and expected > limit:
        raise Problem(413, f"The body may have at most {limit} bytes here.")
    body = await req.stream.read(limit + 1)
    if len(body) > limit:
        raise Problem(413, f"The body may have at most {limit} bytes here.")
    if expected is not None and len(body) != expected:
        # The client left in the middle; what came must not be acted on, even if it happens to be whole JSON.
        raise Problem(400, "The body is shorter than its Content-Length.")
    return body


def _check_media_type(value: str | None) -> None:
    if value is None:
        raise Problem(415, "The body needs Content-Type: application/json.")
    media_type, *parameters = value.lower().split(";")
    if media_type.strip() != "application/json":
        raise Problem(415, "The body must be application/json.")
    for parameter in parameters:
        if parameter.strip() not in ("charset=utf-8", 'charset="utf-8"', ""):
            raise Problem(415, "application/json takes no parameter but charset=utf-8.")


# A string, ended or not, or what comes before a value or a name. Possessive, so each byte is looked at once.
_PART = re.compile(rb'"[^"\\]*+(?:\\.[^"\\]*+)*+"?|[,:\[{]', re.DOTALL)


def _has_many_parts(raw: bytes) -> bool:
    """Whether there are too many; looks no further than that."""
    return next(islice(_PART.finditer(raw), _MAX_PARTS, None), None) is not None


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    members = dict(pairs)
    if len(members) != len(pairs):
        seen: set[str] = set()
        for name, _ in pairs:
            if name in seen:
                raise Problem(400, f"The body names {json.dumps(name)} twice in one object.")
            seen.add(name)
    return members


def _integer(text: str) -> int:
    # Before int(): 256 KiB of digits would take it seconds, and nothing here counts that far.
    if len(text) > _MAX_DIGITS and len(text.lstrip("-")) > _MAX_DIGITS:
        raise Problem(400, f"The body holds a number of more than {_MAX_DIGITS} digits.")
    return int(text)


def _float(text: str) -> float:
    number = float(text) if len(text) <= _MAX_FLOAT else float("inf")
    if number in (float("inf"), float("-inf")):
        raise Problem(400, "The body holds a number that is too large.")
    return number


def _constant(name: str) -> NoReturn:
    raise Problem(400, f"The body is not JSON: {name} is no JSON number.")


# Linked, not copied for each member: 256 KiB of nested arrays would take a gigabyte of whole paths.
_Path = tuple["_Path", str | int] | None


def _refuse_bad_strings(value: Any) -> None:
    """Walks with a stack of its own: the parser's depth is not the interpreter's."""
    left: list[tuple[_Path, Any]] = [(None, value)]
    while left:
        path, item = left.pop()
        if isinstance(item, str):
            _check_string(path, item)
        elif isinstance(item, list):
            left.extend(((path, index), member) for index, member in enumerate(item))
        elif isinstance(item, dict):
            for name, member in item.items():
                _check_string((path, name), name)
                left.append(((path, name), member))


def _check_string(path: "_Path", text: str) -> None:
    if "\0" in text:
        wrong = "must not contain NUL"
    elif not text.isascii() and _has_surrogate(text):
        wrong = "must not contain a lone surrogate"
    else:
        return
    parts: list[str | int] = []
    while path is not None:
        path, part = path
        parts.append(part)
    raise Problem(422, errors=[{"pointer": pointer(*reversed(parts)), "detail": wrong}])


def _has_surrogate(text: str) -> bool:
    try:
        text.encode()
    except UnicodeEncodeError:
        return True
    return False


_decoder = JSONDecoder(
    object_pairs_hook=_unique, parse_int=_integer, parse_float=_float, parse_constant=_constant
)
