"""How a worker ends."""

import asyncio
import socket

import pytest
import uvicorn

from web import worker
from web.guard import Receive, Scope, Send
from web.protocol import GuardedProtocol

REQUEST = b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 0\r\n\r\n"


async def app(scope: Scope, receive: Receive, send: Send) -> None:  # noqa: ARG001 - as ASGI calls it
    await send({"type": "http.response.start", "status": 200, "headers": [(b"content-length", b"0")]})
    await send({"type": "http.response.body", "body": b""})


@pytest.mark.parametrize("speaks", [True, False])
def test_who_was_accepted_is_heard_out(monkeypatch: pytest.MonkeyPatch, speaks: bool) -> None:
    """A gateway may have sent a command on the connection, and must not send it again on another."""
    monkeypatch.setattr(worker, "UNHEARD_SECONDS", 30 if speaks else 0.1)

    async def run() -> bytes:
        with socket.create_server(("127.0.0.1", 0)) as listener:
            address = listener.getsockname()
            config = uvicorn.Config(app, http=GuardedProtocol, lifespan="off", log_config=None)
            server = worker.PatientServer(config)
            serving = asyncio.create_task(server.serve(sockets=[listener]))
            reader, writer = await asyncio.open_connection(*address)
            while not server.server_state.connections:
                await asyncio.sleep(0)
            server.should_exit = True
            if speaks:
                while server.servers[0].is_serving():
                    await asyncio.sleep(0)
                writer.write(REQUEST)
            answer = await reader.read()
            writer.close()
            await serving
            return answer

    answer = asyncio.run(run())
    assert answer.startswith(b"HTTP/1.1 200") if speaks else answer == b""
