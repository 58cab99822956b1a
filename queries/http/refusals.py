"""The one table from what a read can run into to HTTP statuses."""

import logging
from typing import Any, NoReturn

import falcon.asgi

from projections.readmodel.errors import NotThere, ReadModelUnavailable, WrongFormat
from web.problem import RETRY_AFTER, Problem

logger = logging.getLogger(__name__)

PROBLEMS: dict[type[Exception], tuple[int, str]] = {
    NotThere: (503, "The position that was asked for is not reached yet."),
    ReadModelUnavailable: (503, "The read model can't answer now."),
    # Of another version of this program, in the middle of an upgrade.
    WrongFormat: (503, "The read model can't answer now."),
}


def install(app: falcon.asgi.App[Any, Any]) -> None:
    """Answer the errors of the read models by the table."""

    async def refuse(_req: Any, _resp: Any, error: Exception, _params: Any) -> NoReturn:
        if isinstance(error, WrongFormat):
            logger.error("a read met %s", error)
        kind = next(kind for kind in type(error).__mro__ if kind in PROBLEMS)
        raise Problem(*PROBLEMS[kind], headers=RETRY_AFTER)

    for error in PROBLEMS:
        app.add_error_handler(error, refuse)
