"""Query parameters, read strictly: each at most once, none unknown, every value in its one spelling."""

import re
from collections.abc import Sequence
from typing import overload
from urllib.parse import unquote_to_bytes

import falcon.asgi

from web.problem import Problem

MAX_FIELDS = 20

_INTEGER = re.compile("0|[1-9][0-9]{0,17}", re.ASCII)
_BAD_ESCAPE = re.compile("%(?![0-9A-Fa-f]{2})")


class Params:
    """The query of one request: read each parameter by its kind, then call `done()`.

    `done()` raises 422 with all that was wrong; until then a reader answers its default for a bad
    value.
    """

    __slots__ = ("_errors", "_fields", "_known")

    def __init__(self, req: falcon.asgi.Request) -> None:
        """Raises Problem 400 when the query string is malformed, 422 when it has over 20 fields."""
        query = req.query_string
        self._errors: list[dict[str, str]] = []
        self._known: set[str] = set()
        self._fields: dict[str, str] = _parse(query, self._errors) if query else {}

    @overload
    def integer(self, name: str, default: int, min: int, max: int) -> int: ...
    @overload
    def integer(self, name: str, default: None, min: int, max: int) -> int | None: ...
    def integer(self, name: str, default: int | None, min: int, max: int) -> int | None:
        """A whole number from `min` to `max`, written `0` or without leading zero."""
        text = self._take(name)
        if text is None:
            return default
        number = int(text) if _INTEGER.fullmatch(text) else -1
        if not min <= number <= max:
            self.refuse(name, f"must be a whole number from {min} to {max}")
            return default
        return number

    @overload
    def choice(self, name: str, options: Sequence[str], default: str) -> str: ...
    @overload
    def choice(self, name: str, options: Sequence[str], default: None = None) -> str | None: ...
    def choice(self, name: str, options: Sequence[str], default: str | None = None) -> str | None:
        """One of `options`."""
        text = self._take(name)
        if text is None:
            return default
        if text not in options:
            self.refuse(name, f"must be one of {', '.join(options)}")
            return default
        return text

    def text(self, name: str, max: int, *, required: bool = False) -> str | None:
        """1 to `max` code points, not only white space, no NUL; None when it is not given."""
        text = self._take(name)
        if text is None:
            if required:
                self.refuse(name, "is needed")
            return None
        if not 1 <= len(text) <= max:
            wrong = f"must have 1 to {max} characters"
        elif text.isspace():
            wrong = "must not be only white space"
        elif "\0" in text:
            wrong = "must not contain NUL"
        else:
            return text
        self.refuse(name, wrong)
        return None

    def flag(self, name: str) -> bool:
        """Whether it is there; it takes no value."""
        text = self._take(name)
        if text:
            self.refuse(name, "takes no value")
        return text is not None

    def raw(self, name: str) -> str | None:
        """Whatever text was given, for the caller to judge; None when it is not given."""
        return self._take(name)

    def refuse(self, name: str, detail: str) -> None:
        """Note that the value of `name` is wrong, for `done()` to raise."""
        self._errors.append({"parameter": name, "detail": detail})

    def done(self) -> None:
        """Raise Problem 422 when anything was wrong, or was given that nobody read."""
        if self._fields:
            for name in self._fields:
                if name not in self._known:
                    self.refuse(name, "is not known here")
        if self._errors:
            raise Problem(422, errors=self._errors)

    def _take(self, name: str) -> str | None:
        if not self._fields:
            return None
        self._known.add(name)
        return self._fields.get(name)


def _parse(query: str, errors: list[dict[str, str]]) -> dict[str, str]:
    pairs = query.split("&", MAX_FIELDS)
    if len(pairs) > MAX_FIELDS:
        raise Problem(422, f"At most {MAX_FIELDS} query parameters are read.")
    fields: dict[str, str] = {}
    for pair in pairs:
        raw_name, _, raw_value = pair.partition("=")
        name = _decode(raw_name, "name of a query parameter")
        value = _decode(raw_value, f"query parameter {name!a:.100}")
        if name in fields:
            errors.append({"parameter": name, "detail": "must be given once"})
        fields[name] = value
    return fields


def _decode(text: str, where: str) -> str:
    if text.isalnum() and text.isascii():
        return text
    if _BAD_ESCAPE.search(text):
        raise Problem(400, f"The {where} has a % that no two hexadecimal digits follow.")
    try:
        return unquote_to_bytes(text.replace("+", " ")).decode()
    except UnicodeDecodeError:
        raise Problem(400, f"The {where} is not UTF-8.") from None
