"""What may have been a guess is told to the layers outside of Falcon."""

from typing import Any

import falcon.asgi
import pytest
from falcon.testing import TestClient

from web.problem import Problem
from web.routing import new_app


@pytest.mark.parametrize(
    ("problem", "failed"),
    [
        (Problem(401), True),
        (Problem(404, guess=True), True),
        (Problem(404, guess=False), False),
        (Problem(404), None),
        (Problem(403), None),
    ],
)
def test_failures_of_authentication_are_marked(problem: Problem, failed: bool | None) -> None:
    scopes: list[dict[str, Any]] = []

    class Refusing:
        async def on_get(self, req: falcon.asgi.Request, _resp: falcon.asgi.Response) -> None:
            scopes.append(req.scope)
            raise problem

    app = new_app({"/thing": ("GET",)})
    app.add_route("/thing", Refusing())
    assert TestClient(app).simulate_get("/thing").status_code == problem.status_code
    assert scopes[0].get("parley.failed") is failed
