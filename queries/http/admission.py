"""The one way to read what an application has: for whom its keys admit."""

from collections.abc import Callable
from typing import TypeVar

from falcon.asgi import Request

from projections.readmodel.keyring import Keyring
from projections.readmodel.views import TablesView
from queries.http.reading import Freshness, Reading
from web.admin import CHALLENGE, AdminKey, bearer
from web.keys import matching
from web.policy import Need, need
from web.problem import RETRY_AFTER, Problem

T = TypeVar("T")


class Admission:
    """Looks at who asks in the answer's own snapshot. An application that never had a key is open to its token."""

    def __init__(
        self, tables: Reading[TablesView], admin: AdminKey, is_recent: Callable[[int], bool]
    ) -> None:
        """`is_recent` says whether a position of the log includes all that was acknowledged until a while ago."""
        self._tables = tables
        self._admin = admin
        self._is_recent = is_recent

    async def read(
        self, req: Request, token: str, fresh: Freshness, query: Callable[[TablesView], T | None]
    ) -> T:
        """What `query` finds of the application `token`, for who sent `req`.

        Raises Problem 404 for no such application, 503 if its keys may have changed since the snapshot, 401, 403, and
        404 for no such thing in it, in this order; and what `Reading.read` raises.
        """
        caller = _Caller(req, token, self._admin, self._is_recent)
        found = await self._tables.read(fresh, lambda view: query(view.guarded(caller.admit)))
        if found is None:
            # Who has shown a key does not guess at tokens.
            raise Problem(404, guess=False if caller.admitted else None)
        return found


class _Caller:
    """Who sent a request, and what its route needs."""

    def __init__(self, req: Request, token: str, admin: AdminKey, is_recent: Callable[[int], bool]) -> None:
        self.admitted = False
        """By the keys of an application; one that has none asks nobody."""
        self._shown = bearer(req)
        self._is_admin = admin.held(self._shown)
        self._need: Need = need(req.uri_template or "", req.method)
        self._token = token
        self._is_recent = is_recent

    def admit(self, keys: Keyring, position: int) -> None:
        """Implements `keyring.Admit`: the admin always, else who shows a key that works."""
        # Always, so that it takes as long for whoever is refused.
        identity = matching(self._token, self._shown, {known: key.hash for known, key in keys.items()})
        if not self._is_admin:
            if not self._is_recent(position):
                raise Problem(503, "The keys may have changed; this can't be told now.", headers=RETRY_AFTER)
            if identity is None:
                raise Problem(401, "A valid key of this application is needed here.", headers=CHALLENGE)
            if not self._need.met_by(keys[identity].scope):
                raise Problem(403, f"This needs a key with the scope {self._need.value}.")
        self.admitted = True
