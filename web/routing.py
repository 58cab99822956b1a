"""One Falcon app of the two behind the public address: its routes, and the other one's."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import falcon.asgi
import falcon.inspect
from falcon.routing import CompiledRouter

from web import converters, problem

ROUTE = "parley.route"
"""The key of the ASGI scope under which the matched URI template is; it is missing where none matched."""


class Router(CompiledRouter):
    """Falcon's router, where HEAD works wherever GET does and OPTIONS tells what `allowed` says.

    It leaves the URI template that it found in the ASGI scope, for the layers around Falcon: `ROUTE`.
    """

    def __init__(self, allowed: Mapping[str, Sequence[str]]) -> None:
        super().__init__()
        self._allow = {template: problem.allow_header(methods) for template, methods in allowed.items()}

    def find(self, uri: str, req: Any = None) -> Any:
        """(resource, responders, fields, template), or None."""
        found = super().find(uri, req)
        if found is not None and req is not None:
            req.scope[ROUTE] = found[3]
        return found

    def map_http_methods(self, resource: object, **kwargs: Any) -> Any:
        """The responders of `resource` by method."""
        methods: Any = super().map_http_methods(resource, **kwargs)
        if "GET" in methods:
            methods.setdefault("HEAD", methods["GET"])
        methods.setdefault("OPTIONS", self._on_options)
        return methods

    async def _on_options(self, req: falcon.asgi.Request, resp: falcon.asgi.Response, **_: Any) -> None:
        resp.status = 204
        resp.set_header("Allow", self._allow.get(req.uri_template or "", "OPTIONS"))


@falcon.inspect.register_router(Router)
def inspect_router(router: Router) -> list[falcon.inspect.RouteInfo]:
    """The routes of `router`, for Falcon's inspection, which goes by the exact class."""
    return falcon.inspect.inspect_compiled_router(router)


class Elsewhere:
    """A resource that the other app serves: known here only to say 405 with `Allow`, not 404."""


def new_app(
    allowed: Mapping[str, Sequence[str]], middleware: Iterable[object] = ()
) -> falcon.asgi.App[falcon.asgi.Request, falcon.asgi.Response]:
    """An app that answers problems only, with the converters `number` and `token`.

    `allowed` has the methods of every URI template on the public address, both apps' together; HEAD and
    OPTIONS come by themselves.
    """
    app = falcon.asgi.App(middleware=list(middleware), router=Router(allowed))  # type: ignore[arg-type]
    converters.install(app)
    problem.install(app, allowed)
    return app


def add_elsewhere(app: falcon.asgi.App[Any, Any], allowed: Mapping[str, Sequence[str]]) -> None:
    """Add every template of `allowed` that has no route in `app` yet. Call it after all routes are added."""
    served = {route.path for route in falcon.inspect.inspect_routes(app)}
    for template in allowed:
        if template not in served:
            app.add_route(template, Elsewhere())
