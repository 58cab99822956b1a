"""Why an intent is refused."""

from commands.intents import Condition


class Refusal(Exception):
    """Base of all refusals; nothing has happened."""


class NoSuch(Refusal):
    """The thing, or an owner of it, does not exist or was deleted."""

    def __init__(self, kind: str) -> None:
        super().__init__(f"There is no such {kind}.")
        self.kind = kind


class StaleVersion(Refusal):
    """The thing is not at a version that the client requires; `actual` is None where it has no versions."""

    def __init__(self, actual: int | None) -> None:
        super().__init__(
            "There is no entity tag here: If-Match can only be *, and If-None-Match can't be."
            if actual is None
            else f"The message is at version {actual}."
        )
        self.actual = actual


class Unauthenticated(Refusal):
    """The application has keys, and none of them was shown."""

    def __init__(self) -> None:
        super().__init__("A valid key of this application is needed here.")


class TooManyKeys(Refusal):
    """The application has as many keys as it may."""

    def __init__(self, most: int) -> None:
        super().__init__(f"An application has at most {most} keys; revoke one first.")


class OutOfScope(Refusal):
    """The key that was shown is of another scope."""

    def __init__(self, needed: str) -> None:
        super().__init__(f"This needs a key with the scope {needed}.")


def require(condition: Condition, version: int | None = None) -> None:
    """Raises StaleVersion if a thing that is there at `version` is not as it must be."""
    if not condition.holds(version):
        raise StaleVersion(version)
