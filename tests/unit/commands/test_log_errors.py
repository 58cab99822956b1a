"""What a client is told of the log's errors that are for good: not to try again."""

from typing import Any

import falcon.asgi
import falcon.testing

from commands.http import refusals
from eventstore.errors import TooLarge
from web.routing import new_app


class Refusing:
    async def on_post(self, _req: Any, _resp: falcon.asgi.Response) -> None:
        raise TooLarge("a batch of 17000000 bytes is more than the server takes at once")


def test_a_command_that_never_fits_is_too_large() -> None:
    app = new_app({})
    refusals.install(app)
    app.add_route("/", Refusing())
    answer = falcon.testing.TestClient(app).simulate_post("/")
    assert (answer.status_code, answer.json["type"]) == (413, "/docs/problems/too-large")
    assert "Retry-After" not in answer.headers
    assert "17000000" not in answer.text
