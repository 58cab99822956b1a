"""Who may send a command: the keys of its application decide, as they stand in its own transaction."""

from typing import NamedTuple

from commands.domain.keyring import Keyring
from commands.domain.refusals import OutOfScope, Unauthenticated
from web.keys import matching
from web.policy import Need


class Caller(NamedTuple):
    """What a request shows as its key, whether that is the admin key, and what its route needs."""

    need: Need = Need.WRITE
    credential: str = ""
    admin: bool = False


NOBODY = Caller()
"""May only do what needs no key."""

OPERATOR = Caller(admin=True)
"""Who has the log itself in hand."""


class KeyringMoved(Exception):
    """The keys are not those that this process knows: they are at version `actual`, and `known` was."""

    def __init__(self, known: int, actual: int) -> None:
        super().__init__(f"the keys are at version {actual}, known at {known}")
        self.known = known
        self.actual = actual


def admit(caller: Caller, token: str, keyring: Keyring) -> None:
    """Raises Unauthenticated or OutOfScope unless the caller may; `keyring` is that of an application with keys."""
    # Always, so that it takes as long for whoever is refused.
    identity = matching(token, caller.credential, keyring.hashes)
    if caller.admin:
        return
    if identity is None:
        raise Unauthenticated
    # The admin's routes have looked for the admin key; where there is none, a key is needed all the same.
    need = Need.WRITE if caller.need is Need.ADMIN else caller.need
    if not need.met_by(keyring.scopes[identity]):
        raise OutOfScope(need.value)
