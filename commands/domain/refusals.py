"""Why an intent is refused."""


class Refusal(Exception):
    """Base of all refusals; nothing has happened."""


class NoSuch(Refusal):
    """The thing, or an owner of it, does not exist or was deleted."""

    def __init__(self, kind: str) -> None:
        super().__init__(f"There is no such {kind}.")
        self.kind = kind


class StaleVersion(Refusal):
    """The message is at another version than the client requires."""

    def __init__(self, actual: int) -> None:
        super().__init__(f"The message is at version {actual}.")
        self.actual = actual
