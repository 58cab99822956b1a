"""The one preference that reads listen to: `Prefer: wait=seconds` (RFC 7240)."""

import re

# Possessive throughout: a header of blanks or quotes would otherwise be tried in quadratically many ways.
_PREFERENCE = re.compile(
    r"""[ \t]*+
        (?:
            (?P<name>[!#$%&'*+\-.^_`|~0-9A-Za-z]++)[ \t]*+
            (?:=[ \t]*+(?P<value>[!#$%&'*+\-.^_`|~0-9A-Za-z]++|"(?:[^"\\]|\\.)*+")[ \t]*+)?
            (?:;(?:[^",]|"(?:[^"\\]|\\.)*+")*+)?
        )?
        (?:,|\Z)""",
    re.VERBOSE,
)
_SECONDS = re.compile("[0-9]{1,9}", re.ASCII)


def wait_seconds(prefer: str | None) -> int | None:
    """The seconds of the first `wait` in a Prefer header; None if there is none that makes sense.

    RFC 7240 wants what is malformed or not understood to be ignored, never refused.
    """
    at = 0
    while prefer and at < len(prefer):
        preference = _PREFERENCE.match(prefer, at)
        if preference is None:
            return None
        if (preference["name"] or "").lower() == "wait":
            value = (preference["value"] or "").strip('"')
            return int(value) if _SECONDS.fullmatch(value) else None
        at = preference.end()
    return None
