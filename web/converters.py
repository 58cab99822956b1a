"""Path fields with one spelling each: anything else is another path, so 404."""

import re
from typing import Any

import falcon.asgi
from falcon.routing import BaseConverter

_NUMBER = re.compile("[1-9][0-9]{0,17}", re.ASCII)
_TOKEN = re.compile("[A-Za-z0-9_-]{43}", re.ASCII)

_KEY_ID = re.compile("[0-9a-f]{16}", re.ASCII)


class Number(BaseConverter):
    """`{name:number}`: 1 to 10^18 - 1, no sign, no leading zero, ASCII digits."""

    def convert(self, value: str) -> int | None:
        """The number, or None for any other spelling."""
        return int(value) if _NUMBER.fullmatch(value) else None


class Token(BaseConverter):
    """`{name:token}`: 43 characters of URL-safe base64."""

    def convert(self, value: str) -> str | None:
        """The token, or None for what can't be one."""
        return value if _TOKEN.fullmatch(value) else None


class KeyId(BaseConverter):
    """`{name:key_id}`: 16 hexadecimal digits, in small letters."""

    def convert(self, value: str) -> str | None:
        """The id of a key, or None for what can't be one."""
        return value if _KEY_ID.fullmatch(value) else None


def install(app: falcon.asgi.App[Any, Any]) -> None:
    """Make `number`, `token` and `key_id` known to the routes of `app`; before any is added."""
    app.router_options.converters.update({"number": Number, "token": Token, "key_id": KeyId})
