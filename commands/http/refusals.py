"""The one table from refusals and errors of the log to statuses."""

from collections.abc import Callable
from typing import Any

import falcon.asgi

from commands.dispatcher import StillRunning
from commands.domain.refusals import NoSuch, OutOfScope, StaleVersion, TooManyKeys, Unauthenticated
from eventstore.errors import AnswerGone, KeyReused, LogUnavailable, QueueFull, TooLarge
from web.admin import CHALLENGE
from web.problem import RETRY_AFTER, Problem

PROBLEMS: dict[type[Exception], Callable[[Exception], Problem]] = {
    NoSuch: lambda refusal: Problem(
        404, str(refusal), guess=isinstance(refusal, NoSuch) and refusal.kind == "application"
    ),
    Unauthenticated: lambda refusal: Problem(401, str(refusal), headers=CHALLENGE),
    OutOfScope: lambda refusal: Problem(403, str(refusal)),
    TooManyKeys: lambda refusal: Problem(422, str(refusal)),
    StaleVersion: lambda refusal: Problem(412, str(refusal)),
    AnswerGone: lambda _: Problem(404, "What this Idempotency-Key made was deleted since."),
    KeyReused: lambda _: Problem(422, "This Idempotency-Key was used for another request."),
    StillRunning: lambda _: Problem(
        409, "The first request with this Idempotency-Key is still running.", headers=RETRY_AFTER
    ),
    TooLarge: lambda _: Problem(413, "The log's server is not set up to take so much at once. Send less."),
    QueueFull: lambda _: Problem(
        503, "Too many commands wait already; this one was not taken.", headers=RETRY_AFTER
    ),
    LogUnavailable: lambda _: Problem(
        503,
        "The log can't answer now. If the request was taken, a retry with the same Idempotency-Key tells.",
        headers=RETRY_AFTER,
    ),
}


def install(app: falcon.asgi.App[Any, Any]) -> None:
    """Answer refusals by the table."""

    async def refuse(_req: Any, _resp: Any, error: Exception, _params: Any) -> None:
        kind = next(kind for kind in type(error).__mro__ if kind in PROBLEMS)
        raise PROBLEMS[kind](error)

    for error in PROBLEMS:
        app.add_error_handler(error, refuse)
