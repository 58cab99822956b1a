"""How much clients may ask, from the environment."""

from collections.abc import Sequence

from limits import RateLimitItem, parse_many

from eventstore.settings import WrongSetting, optional
from web.limiter import Quotas

NONE = "none"
KEY = "1000/second"
ADDRESS = "2000/second"
FAILURES = "100/minute"
MOST_WINDOWS = 4
LONGEST = 86_400


def quotas(*, public: bool) -> Quotas:
    """What PARLEY_LIMIT_KEY, _ADDRESS and _FAILURES say; by default nothing is limited unless it is `public`.

    Raises WrongSetting.
    """
    return Quotas(
        *(
            _items(name, default if public else NONE)
            for name, default in (
                ("PARLEY_LIMIT_KEY", KEY),
                ("PARLEY_LIMIT_ADDRESS", ADDRESS),
                ("PARLEY_LIMIT_FAILURES", FAILURES),
            )
        )
    )


def _items(name: str, default: str) -> Sequence[RateLimitItem]:
    text = optional(name) or default
    if text == NONE:
        return ()
    try:
        items = tuple(parse_many(text))
        if not 1 <= len(items) <= MOST_WINDOWS or not text.isascii():
            raise ValueError("too many")
        windows = {item.get_expiry() for item in items}
        if len(windows) < len(items) or not 1 <= min(windows) <= max(windows) <= LONGEST:
            raise ValueError("windows are the same, or too long")
        if min(item.amount for item in items) < 1:
            raise ValueError("nothing would be allowed")
    except ValueError as error:
        raise WrongSetting(
            f"{name} is {text!r}; {NONE}, or up to {MOST_WINDOWS} limits like 1000/second;30000/minute are allowed,"
            " for different times of at most a day."
        ) from error
    return items
