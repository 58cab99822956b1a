"""What a POST costs on its way to the queue and back from it, step by step, without a network."""

import asyncio
import gc
import time
from collections.abc import Callable, Coroutine, Mapping
from typing import Any

import falcon.asgi
from msgspec.json import decode
from uvicorn.config import Config
from uvicorn.server import ServerState

from benchmarks import noop
from commands.answers import Numbered
from commands.handlers.messages import PostMessageHandler
from commands.http import answering
from commands.http.app import create_app
from commands.http.schemas import NewMessageBody, load
from commands.intents import PostMessage
from eventstore.command import Outcome
from web.guard import ASGIApp, Receive, Scope, Send, guard
from web.protocol import GuardedProtocol
from web.strict_json import BODY_LIMIT, loads

TIMES = 2000
REPEATS = 7
BLOCK = 50

_OUTCOME = Outcome(
    b'{"number":7,"body":"Shall we meet at the caf\xc3\xa9 on the corner at eight, or is that too late for you?",'
    b'"sender":null,"version":1,"created_at":"2026-11-23T09:30:00.000001Z","updated_at":"2026-11-23T09:30:00.000001Z"}',
    7,
)


class _AtOnce:
    """Stands in the dispatcher's place: what is behind it is measured elsewhere."""

    async def send(self, _handler: Any) -> Outcome:
        return _OUTCOME


async def request_side(path: str, body: bytes) -> dict[str, float]:
    """Microseconds on the processor; `resource` is what is over a no-op, and holds the steps after it."""
    head = _head(path, body)
    scope = await _scope(head + body)
    receive = _receive(body)
    nothing: ASGIApp = noop.noop_app()
    real: ASGIApp = create_app(dispatcher=_AtOnce(), admin_key=None)  # type: ignore[arg-type]
    to_noop = {**scope, "path": noop.PATH, "raw_path": noop.PATH.encode()}
    fields = load(NewMessageBody(), loads(body))
    schema, value, token = NewMessageBody(), loads(body), path.split("/")[2]

    def make() -> PostMessageHandler:
        intent = PostMessage(token=token, chat=1, body=fields["body"], sender=fields["sender"])
        return PostMessageHandler(intent, None)

    response = falcon.asgi.Response()

    def answer() -> None:
        number = decode(_OUTCOME.answer, type=Numbered).number
        answering.created(response, _OUTCOME, f"{path}/{number}")

    framework = cost(lambda: _finish(nothing(to_noop, receive, _send)))
    return {
        "server": await _server(head + body),
        "guard": cost(lambda: _finish(guard(_nothing, BODY_LIMIT)(scope, receive, _send)))
        - cost(lambda: _finish(_nothing(scope, receive, _send))),
        "framework": framework,
        "resource": cost(lambda: _finish(real(scope, receive, _send))) - framework,
        "json": cost(lambda: loads(body)),
        "validation": cost(lambda: load(schema, value)),
        "handler": cost(make),
        "answer": cost(answer),
    }


def cost(action: Callable[[], object], times: int = TIMES) -> float:
    """Microseconds on the processor of a call, of the best of some repeats: what disturbs one is not the call's."""
    return min(_repeat(action, times) for _ in range(REPEATS))


def _repeat(action: Callable[[], object], times: int) -> float:
    gc.disable()
    began = time.thread_time()
    for _ in range(times):
        action()
    took = time.thread_time() - began
    gc.enable()
    return took / times * 1e6


def _finish(coroutine: Coroutine[Any, Any, None]) -> None:
    """Run it to its end; nothing in it waits."""
    try:
        coroutine.send(None)
    except StopIteration:
        return
    raise AssertionError("it waits for something")


def _head(path: str, body: bytes) -> bytes:
    """As wrk sends it."""
    return (
        f"POST {path} HTTP/1.1\r\nHost: 127.0.0.1:3000\r\nContent-Type: application/json\r\n"
        f"Content-Length: {len(body)}\r\n\r\n"
    ).encode()


def _receive(body: bytes) -> Receive:
    event = {"type": "http.request", "body": body, "more_body": False}

    async def receive() -> Mapping[str, Any]:
        return event

    return receive


async def _send(_event: Mapping[str, Any]) -> None:
    pass


async def _nothing(_scope: Scope, _receive: Receive, _send: Send) -> None:
    pass


class _Sink:
    """A transport to nowhere."""

    written = 0

    def write(self, data: bytes) -> None:
        self.written += len(data)

    def get_extra_info(self, name: str) -> Any:
        return ("127.0.0.1", 3000) if name in ("sockname", "peername") else None

    def is_closing(self) -> bool:
        return False

    def pause_reading(self) -> None:
        pass

    resume_reading = close = abort = pause_reading


def _protocol(app: ASGIApp) -> GuardedProtocol:
    config = Config(app, ws="none", lifespan="off", access_log=False, log_config=None)
    config.load()
    protocol = GuardedProtocol(config=config, server_state=ServerState(), app_state={})
    protocol.connection_made(_Sink())
    return protocol


async def _scope(request: bytes) -> Scope:
    """What the server makes of the request."""
    found: list[Scope] = []

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        found.append(scope)
        await _short(scope, receive, send)

    _protocol(app).data_received(request)
    while not found:
        await asyncio.sleep(0)
    return found[0]


async def _short(_scope: Scope, receive: Receive, send: Send) -> None:
    await receive()
    headers = [(b"content-type", b"application/json"), (b"content-length", b"200")]
    await send({"type": "http.response.start", "status": 201, "headers": headers})
    await send({"type": "http.response.body", "body": b"x" * 200})


async def _server(request: bytes) -> float:
    """From the bytes that came to the bytes that leave; a task of the loop included."""
    protocols = [_protocol(_short) for _ in range(BLOCK)]
    best = float("inf")
    for _ in range(REPEATS):
        began = time.thread_time()
        for _ in range(TIMES // BLOCK):
            for protocol in protocols:
                protocol.data_received(request)
            await asyncio.sleep(0)
        best = min(best, time.thread_time() - began)
    return best / (TIMES // BLOCK * BLOCK) * 1e6
