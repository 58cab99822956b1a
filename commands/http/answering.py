"""Outcomes as responses."""

import falcon.asgi
from msgspec.json import decode

from commands.answers import Versioned
from eventstore.command import Outcome
from web.etag import quoted


def created(resp: falcon.asgi.Response, outcome: Outcome, location: str) -> None:
    """201 with the thing and where it is."""
    answer(resp, outcome)
    resp.status = 201
    resp.set_header("Location", location)
    if outcome.replayed:
        resp.set_header("Idempotent-Replayed", "true")


def answer(resp: falcon.asgi.Response, outcome: Outcome) -> None:
    """200 with the thing."""
    resp.data = outcome.answer
    resp.set_header("Log-Position", str(outcome.position))


def versioned(resp: falcon.asgi.Response, outcome: Outcome) -> None:
    """200 with the thing and the `ETag` of its version."""
    answer(resp, outcome)
    resp.set_header("ETag", quoted(decode(outcome.answer, type=Versioned).version))


def gone(resp: falcon.asgi.Response, outcome: Outcome) -> None:
    """204: it was deleted."""
    resp.status = 204
    resp.set_header("Log-Position", str(outcome.position))
