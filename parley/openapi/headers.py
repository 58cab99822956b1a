"""The headers of answers."""

from typing import Any

from parley.openapi import texts


def _header(description: str, **schema: Any) -> dict[str, Any]:
    return {"description": description, "schema": {"type": "string", **schema}}


HEADERS: dict[str, dict[str, Any]] = {
    "Location": _header("Where the new thing is.", pattern="^/applications/"),
    "Log-Position": _header(
        "The position of the command's last event. Sent as Min-Log-Position, it makes a read include it.",
        pattern=texts.POSITION,
    ),
    "Idempotent-Replayed": _header("That this is the answer of an earlier request, kept.", enum=["true"]),
    "ETag": _header("The entity tag, for If-Match and If-None-Match.", pattern='^"[!#-~]*"$'),
    "Link": _header('The next page, rel="next" (RFC 8288).', pattern='^</applications.*>; rel="next"$'),
    "Retry-After": _header("Seconds after which to try again.", pattern="^[0-9]+$"),
    "RateLimit": _header("What is left of the limit with the least left; absent where nothing is limited."),
    "RateLimit-Policy": _header("All limits that apply."),
    "X-Request-Id": _header(
        "The name of the request: what it brought itself, else a new one.", pattern="^[!-~]{1,128}$"
    ),
    "Cache-Control": _header("Whether the answer may be kept."),
    "WWW-Authenticate": _header("How to present a key.", pattern="^Bearer "),
}
EVERYWHERE = ("X-Request-Id", "Cache-Control", "RateLimit", "RateLimit-Policy")
ALWAYS = {"Location", "Log-Position", "ETag", "WWW-Authenticate", "X-Request-Id", "Cache-Control"}
"""Those that an answer has wherever it may have them; a gateway's own refusals are not named."""


def refs(*names: str, always: bool = True) -> dict[str, Any]:
    """Those of `names` that an answer has, with those that all have; `always`: whether any is promised."""
    return {
        name: {**HEADERS[name], "required": True} if always and name in ALWAYS else _ref(name)
        for name in (*names, *EVERYWHERE)
    }


def _ref(name: str) -> dict[str, str]:
    return {"$ref": f"#/components/headers/{name}"}
