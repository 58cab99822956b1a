"""`/applications/{token}/chats` and `…/chats/{chat}`."""

from falcon.asgi import Request, Response
from msgspec.json import decode

from commands.answers import Numbered
from commands.dispatcher import Dispatcher
from commands.handlers.chats import CreateChatHandler, DeleteChatHandler, RetitleChatHandler
from commands.http import answering
from commands.http.callers import Callers
from commands.http.requests import command_key, condition, no_body, no_params
from commands.http.schemas import ChatBody, NewChatBody, load
from commands.intents import CreateChat, DeleteChat, RetitleChat
from web.strict_json import read_json

_NEW_BODY = NewChatBody()
_BODY = ChatBody()


class Chats:
    def __init__(self, dispatcher: Dispatcher, callers: Callers) -> None:
        self._dispatcher = dispatcher
        self._callers = callers

    async def on_post(self, req: Request, resp: Response, token: str) -> None:
        no_params(req)
        body = await read_json(req, empty={})
        fields = load(_NEW_BODY, body)
        intent = CreateChat(token=token, title=fields["title"], condition=condition(req))
        key = command_key(req, token, body)
        outcome = await self._dispatcher.send(CreateChatHandler(intent, key, self._callers.of(req)))
        number = decode(outcome.answer, type=Numbered).number
        answering.created(resp, outcome, f"/applications/{token}/chats/{number}")


class Chat:
    def __init__(self, dispatcher: Dispatcher, callers: Callers) -> None:
        self._dispatcher = dispatcher
        self._callers = callers

    async def on_patch(self, req: Request, resp: Response, token: str, chat: int) -> None:
        no_params(req)
        fields = load(_BODY, await read_json(req))
        intent = RetitleChat(token=token, number=chat, title=fields["title"], condition=condition(req))
        answering.answer(
            resp, await self._dispatcher.send(RetitleChatHandler(intent, caller=self._callers.of(req)))
        )

    on_put = on_patch

    async def on_delete(self, req: Request, resp: Response, token: str, chat: int) -> None:
        no_params(req)
        await no_body(req)
        intent = DeleteChat(token=token, number=chat, condition=condition(req))
        answering.gone(
            resp, await self._dispatcher.send(DeleteChatHandler(intent, caller=self._callers.of(req)))
        )
