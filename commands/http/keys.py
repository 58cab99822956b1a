"""`/applications/{token}/keys` and `…/keys/{key}`."""

from falcon.asgi import Request, Response

from commands.dispatcher import Dispatcher
from commands.handlers.keys import AddKeyHandler, RevokeKeyHandler
from commands.http import answering
from commands.http.callers import Callers
from commands.http.requests import condition, no_body, no_command_key, no_params
from commands.http.schemas import KeyBody, load
from commands.intents import AddKey, RevokeKey
from web.keys import new_key
from web.strict_json import read_json

_BODY = KeyBody()


class Keys:
    def __init__(self, dispatcher: Dispatcher, callers: Callers) -> None:
        self._dispatcher = dispatcher
        self._callers = callers

    async def on_post(self, req: Request, resp: Response, token: str) -> None:
        no_params(req)
        no_command_key(req)
        fields = load(_BODY, await read_json(req))
        key = new_key(token)
        intent = AddKey(
            token=token, id=key.id, scope=fields["scope"], hash=key.hash.hex(), condition=condition(req)
        )
        outcome = await self._dispatcher.send(AddKeyHandler(intent, key.text, self._callers.of(req)))
        answering.created(resp, outcome, f"/applications/{token}/keys/{key.id}")


class Key:
    def __init__(self, dispatcher: Dispatcher, callers: Callers) -> None:
        self._dispatcher = dispatcher
        self._callers = callers

    async def on_delete(self, req: Request, resp: Response, token: str, key: str) -> None:
        no_params(req)
        await no_body(req)
        intent = RevokeKey(token=token, id=key, condition=condition(req))
        handler = RevokeKeyHandler(intent, caller=self._callers.of(req))
        answering.gone(resp, await self._dispatcher.send(handler))
