"""What is refused before it is a request has a name and a line as every answer has."""

import asyncio
import socket

import pytest
import uvicorn

from web import worker
from web.guard import Receive, Scope, Send
from web.observing import OTHER, Answer, observing
from web.protocol import GuardedProtocol
from web.sweeper import sweep_all

HEAD = b"GET / HTTP/1.1\r\nHost: x\r\nX-Request-Id: mine\r\n"


async def app(scope: Scope, receive: Receive, send: Send) -> None:  # noqa: ARG001 - as ASGI calls it
    raise AssertionError("nothing gets here")


@pytest.mark.parametrize(
    ("sent", "status", "name"),
    [
        (b"GET /" + b"x" * 9_000, 414, None),
        (HEAD + b"X: " + b"x" * 40_000 + b"\r\n\r\n", 431, "mine"),
        # The parser tells of a header when the next one begins.
        (HEAD + b"X: y\r\n", 408, "mine"),
        (b"\0\0\r\n\r\n", 400, None),
    ],
    ids=["request line", "header", "slow", "malformed"],
)
def test_a_refusal_is_told(sent: bytes, status: int, name: str | None) -> None:
    told: list[Answer] = []

    async def run() -> bytes:
        with socket.create_server(("127.0.0.1", 0)) as listener:
            observed = observing(app, told.append)
            config = uvicorn.Config(observed, http=GuardedProtocol, lifespan="off", log_config=None)
            server = worker.PatientServer(config)
            serving = asyncio.create_task(server.serve(sockets=[listener]))
            reader, writer = await asyncio.open_connection(*listener.getsockname())
            writer.write(sent)
            if status == 408:
                connections = server.server_state.connections
                while not any(one.headers for one in connections):  # type: ignore[union-attr]
                    await asyncio.sleep(0)
                sweep_all(connections, asyncio.get_running_loop().time() + 3600)
            answer = await reader.read()
            writer.close()
            server.should_exit = True
            await serving
            return answer

    answer = asyncio.run(run())
    assert answer.startswith(b"HTTP/1.1 %d " % status)
    [one] = told
    assert (one.method, one.route, one.status) == (OTHER, OTHER, status)
    assert one.seconds >= 0
    assert one.sent == len(answer.partition(b"\r\n\r\n")[2])
    assert b"\r\nx-request-id: %s\r\n" % one.trace.request_id.encode() in answer
    assert name in (None, one.trace.request_id)
