"""`…/chats/{chat}/messages`, `…/messages/batch` and `…/messages/{message}`."""

from falcon.asgi import Request, Response
from msgspec.json import decode

from commands.answers import BatchAnswer, Numbered
from commands.dispatcher import Dispatcher
from commands.handlers.messages import (
    DeleteMessageHandler,
    EditMessageHandler,
    PostMessageHandler,
    PostMessagesHandler,
)
from commands.http import answering
from commands.http.callers import Callers
from commands.http.requests import command_key, condition, no_body, no_params
from commands.http.schemas import BatchBody, MessageBody, NewMessageBody, load
from commands.intents import DeleteMessage, EditMessage, NewMessage, PostMessage, PostMessages
from web.strict_json import BATCH_LIMIT, read_json

_NEW_BODY = NewMessageBody()
_BODY = MessageBody()
_BATCH = BatchBody()


class Messages:
    def __init__(self, dispatcher: Dispatcher, callers: Callers) -> None:
        self._dispatcher = dispatcher
        self._callers = callers

    async def on_post(self, req: Request, resp: Response, token: str, chat: int) -> None:
        no_params(req)
        body = await read_json(req)
        fields = load(_NEW_BODY, body)
        intent = PostMessage(
            token=token, chat=chat, body=fields["body"], sender=fields["sender"], condition=condition(req)
        )
        key = command_key(req, token, body)
        outcome = await self._dispatcher.send(PostMessageHandler(intent, key, self._callers.of(req)))
        number = decode(outcome.answer, type=Numbered).number
        answering.created(resp, outcome, f"/applications/{token}/chats/{chat}/messages/{number}")


class Batch:
    def __init__(self, dispatcher: Dispatcher, callers: Callers) -> None:
        self._dispatcher = dispatcher
        self._callers = callers

    async def on_post(self, req: Request, resp: Response, token: str, chat: int) -> None:
        no_params(req)
        body = await read_json(req, limit=BATCH_LIMIT)
        messages = tuple(NewMessage(one["body"], one["sender"]) for one in load(_BATCH, body)["messages"])
        key = command_key(req, token, body)
        intent = PostMessages(token=token, chat=chat, messages=messages, condition=condition(req))
        outcome = await self._dispatcher.send(PostMessagesHandler(intent, key, self._callers.of(req)))
        first = decode(outcome.answer, type=BatchAnswer).first
        answering.created(resp, outcome, f"/applications/{token}/chats/{chat}/messages/{first}")


class Message:
    def __init__(self, dispatcher: Dispatcher, callers: Callers) -> None:
        self._dispatcher = dispatcher
        self._callers = callers

    async def on_patch(self, req: Request, resp: Response, token: str, chat: int, message: int) -> None:
        no_params(req)
        fields = load(_BODY, await read_json(req))
        intent = EditMessage(
            token=token, chat=chat, number=message, body=fields["body"], condition=condition(req)
        )
        answering.versioned(
            resp, await self._dispatcher.send(EditMessageHandler(intent, caller=self._callers.of(req)))
        )

    on_put = on_patch

    async def on_delete(self, req: Request, resp: Response, token: str, chat: int, message: int) -> None:
        no_params(req)
        await no_body(req)
        intent = DeleteMessage(token=token, chat=chat, number=message, condition=condition(req))
        answering.gone(
            resp, await self._dispatcher.send(DeleteMessageHandler(intent, caller=self._callers.of(req)))
        )
