"""`/applications` and `/applications/{token}`."""

from collections.abc import Callable

from falcon.asgi import Request, Response
from msgspec.json import decode

from commands.answers import Tokened
from commands.dispatcher import Dispatcher
from commands.handlers.applications import (
    CreateApplicationHandler,
    DeleteApplicationHandler,
    RenameApplicationHandler,
)
from commands.http import answering
from commands.http.callers import Callers
from commands.http.requests import command_key, condition, no_body, no_params
from commands.http.schemas import ApplicationBody, load
from commands.intents import CreateApplication, DeleteApplication, RenameApplication
from web.admin import AdminKey
from web.limiting import MADE
from web.strict_json import read_json

_BODY = ApplicationBody()


class Applications:
    def __init__(self, dispatcher: Dispatcher, admin: AdminKey, new_token: Callable[[], str]) -> None:
        self._dispatcher = dispatcher
        self._admin = admin
        self._new_token = new_token

    async def on_post(self, req: Request, resp: Response) -> None:
        self._admin.require(req)
        no_params(req)
        body = await read_json(req)
        fields = load(_BODY, body)
        intent = CreateApplication(token=self._new_token(), name=fields["name"], condition=condition(req))
        key = command_key(req, f"applications {self._admin.caller(req)}", body)
        outcome = await self._dispatcher.send(CreateApplicationHandler(intent, key))
        token = decode(outcome.answer, type=Tokened).token
        req.scope[MADE] = token
        answering.created(resp, outcome, f"/applications/{token}")


class Application:
    def __init__(self, dispatcher: Dispatcher, callers: Callers, admin: AdminKey) -> None:
        self._dispatcher = dispatcher
        self._callers = callers
        self._admin = admin

    async def on_patch(self, req: Request, resp: Response, token: str) -> None:
        no_params(req)
        fields = load(_BODY, await read_json(req))
        intent = RenameApplication(token=token, name=fields["name"], condition=condition(req))
        answering.answer(
            resp, await self._dispatcher.send(RenameApplicationHandler(intent, caller=self._callers.of(req)))
        )

    on_put = on_patch

    async def on_delete(self, req: Request, resp: Response, token: str) -> None:
        self._admin.require(req)
        no_params(req)
        await no_body(req)
        intent = DeleteApplication(token=token, condition=condition(req))
        answering.gone(
            resp, await self._dispatcher.send(DeleteApplicationHandler(intent, caller=self._callers.of(req)))
        )
