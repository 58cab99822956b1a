"""Who sends a request."""

from falcon.asgi import Request

from commands.admission import Caller
from web.admin import AdminKey, bearer
from web.policy import need


class Callers:
    """Reads requests; whether they may is for the command's transaction to say."""

    def __init__(self, admin: AdminKey) -> None:
        self._admin = admin

    def of(self, req: Request) -> Caller:
        """What the request shows, and what its route needs."""
        shown = bearer(req)
        return Caller(
            need(req.uri_template or "", req.method), shown, bool(shown) and self._admin.held(shown)
        )
