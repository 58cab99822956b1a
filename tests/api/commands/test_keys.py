"""Keys over HTTP: made, shown once, needed, revoked; and what the admin key opens."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from httpx import ASGITransport, AsyncClient, Response

from commands.dispatcher import Dispatcher
from commands.http.app import create_app
from commands.keyrings import Keyrings
from eventstore.appender import Appender
from eventstore.clock import system_clock
from eventstore.inprocess_bus import InProcessBus
from eventstore.log import Log
from tests.support.logs import new_log

ADMIN_KEY = "the admin's key"
ADMIN = {"Authorization": f"Bearer {ADMIN_KEY}"}


@pytest.fixture
def log(tmp_path: Path) -> Iterator[Log]:
    with new_log("sqlite", tmp_path) as open_log:
        yield open_log()


@asynccontextmanager
async def serving(log: Log, admin_key: str | None = None) -> AsyncIterator[AsyncClient]:
    appender = Appender(log.writer, InProcessBus(), system_clock)
    appender.start()
    app = create_app(dispatcher=Dispatcher(appender, Keyrings(log)), admin_key=admin_key)
    try:
        async with AsyncClient(transport=ASGITransport(app=app), base_url="http://test") as client:  # type: ignore[arg-type]
            yield client
    finally:
        await asyncio.get_running_loop().run_in_executor(None, appender.close)


async def made(client: AsyncClient, path: str, body: object, headers: dict[str, str]) -> Response:
    answer = await client.post(path, json=body, headers=headers)
    assert answer.status_code == 201, answer.text
    return answer


async def new_application(client: AsyncClient) -> str:
    return str((await made(client, "/applications", {"name": "Desk"}, ADMIN)).headers["location"])


async def new_key(
    client: AsyncClient, application: str, scope: str = "write", headers: dict[str, str] = ADMIN
) -> tuple[str, dict[str, str]]:
    """(the key's path, the headers that show it)."""
    answer = await made(client, f"{application}/keys", {"scope": scope}, headers)
    return answer.headers["location"], {"Authorization": f"Bearer {answer.json()['key']}"}


def test_a_key_is_told_where_it_was_made(log: Log) -> None:
    async def scenario() -> None:
        async with serving(log) as client:
            application = await new_application(client)
            answer = await made(client, f"{application}/keys", {"scope": "read"}, {})
            told = answer.json()
            assert [*told] == ["id", "scope", "key", "created_at"]
            assert told["scope"] == "read"
            assert answer.headers["location"] == f"{application}/keys/{told['id']}"
            assert answer.headers["log-position"] == str(log.head())
            [added] = log.read(log.head() - 1, 1)
            # The log has its hash alone.
            assert told["id"] in added.state.decode()
            assert told["key"].rpartition("_")[2] not in added.state.decode()

    asyncio.run(scenario())


@pytest.mark.parametrize(
    ("body", "headers", "status"),
    [
        ({"scope": "admin"}, {}, 422),
        ({"scope": None}, {}, 422),
        ({"scope": ["read"]}, {}, 422),
        ({"scope": "read", "id": "mine"}, {}, 422),
        ({}, {}, 422),
        ([], {}, 422),
        ({"scope": "read"}, {"Idempotency-Key": "twice"}, 400),
        ({"scope": "read"}, {"If-Match": '"1"'}, 412),
    ],
)
def test_no_key_is_made(log: Log, body: object, headers: dict[str, str], status: int) -> None:
    async def scenario() -> None:
        async with serving(log) as client:
            application = await new_application(client)
            head = log.head()
            answer = await client.post(f"{application}/keys", json=body, headers=headers)
            assert (answer.status_code, log.head()) == (status, head), answer.text

    asyncio.run(scenario())


def test_422_for_one_key_too_many(log: Log, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("commands.domain.keyring.MOST_KEYS", 1)

    async def scenario() -> None:
        async with serving(log) as client:
            application = await new_application(client)
            _, shown = await new_key(client, application)
            answer = await client.post(f"{application}/keys", json={"scope": "read"}, headers=shown)
            assert (answer.status_code, "at most 1 keys" in answer.json()["detail"]) == (422, True)

    asyncio.run(scenario())


def test_a_key_is_revoked_once(log: Log) -> None:
    async def scenario() -> None:
        async with serving(log) as client:
            application = await new_application(client)
            path, shown = await new_key(client, application)
            _, other = await new_key(client, application, headers=shown)
            assert (await client.delete(path, headers=shown)).status_code == 204
            assert (await client.delete(path, headers=shown)).status_code == 401
            for unknown in (path, f"{application}/keys/{'0' * 16}", f"{application}/keys/{'F' * 16}"):
                assert (await client.delete(unknown, headers=other)).status_code == 404
            assert (await client.post(f"{application}/chats", headers=other)).status_code == 201

    asyncio.run(scenario())


def test_everybody_without_a_key_hears_the_same(log: Log) -> None:
    async def scenario() -> None:
        async with serving(log) as client:
            application, other = await new_application(client), await new_application(client)
            path, revoked = await new_key(client, application)
            _, elsewhere = await new_key(client, other)
            _, good = await new_key(client, application, headers=revoked)
            await client.delete(path, headers=good)
            shown = [
                {},
                {"Authorization": "Bearer"},
                {"Authorization": "Bearer nonsense"},
                {"Authorization": good["Authorization"].replace("Bearer", "Basic")},
                {"Authorization": good["Authorization"][:-1]},
                {"Authorization": b"Bearer \xff\xfe"},
                revoked,
                elsewhere,
                ADMIN,
            ]
            answers = [await client.post(f"{application}/chats", headers=headers) for headers in shown]
            assert {answer.status_code for answer in answers} == {401}
            assert len({answer.text for answer in answers}) == 1
            assert {answer.headers["www-authenticate"] for answer in answers} == {'Bearer realm="parley"'}
            assert (await client.post(f"{application}/chats", headers=good)).status_code == 201
            # A token that is none is missed before any key is looked at.
            assert (await client.post(f"/applications/{'t' * 43}/chats", headers=good)).status_code == 404

    asyncio.run(scenario())


def test_a_key_to_read_writes_nothing(log: Log) -> None:
    async def scenario() -> None:
        async with serving(log) as client:
            application = await new_application(client)
            _, shown = await new_key(client, application, "read")
            for method, path, body in [
                ("POST", "/chats", {}),
                ("POST", "/keys", {"scope": "write"}),
                ("PATCH", "", {"name": "Mine"}),
                ("DELETE", "", None),
            ]:
                answer = await client.request(method, application + path, json=body, headers=shown)
                assert answer.status_code == 403, answer.text
                assert "the scope write" in answer.json()["detail"]

    asyncio.run(scenario())


def test_without_an_admin_key_the_application_is_its_keyholders_to_delete(log: Log) -> None:
    async def scenario() -> None:
        async with serving(log) as client:
            without, application = await new_application(client), await new_application(client)
            path, shown = await new_key(client, application)
            assert (await client.delete(without)).status_code == 204
            assert (await client.delete(application)).status_code == 401
            assert (await client.delete(application, headers=shown)).status_code == 204
            for headers in ({}, shown):
                assert (await client.post(f"{application}/chats", headers=headers)).status_code == 404
                assert (await client.delete(path, headers=headers)).status_code == 404
                answer = await client.post(f"{application}/keys", json={"scope": "read"}, headers=headers)
                assert answer.status_code == 404

    asyncio.run(scenario())


def test_the_admin_key_always_works(log: Log) -> None:
    async def scenario() -> None:
        async with serving(log, ADMIN_KEY) as client:
            application = await new_application(client)
            # The token is enough for the rest until there is a key, also for the first key.
            path, shown = await new_key(client, application, headers={})
            assert (await client.post(f"{application}/chats")).status_code == 401
            assert (await client.post(f"{application}/chats", headers=ADMIN)).status_code == 201
            # No key of its own is enough for what only the admin may.
            assert (await client.delete(application, headers=shown)).status_code == 401
            assert (await client.delete(path, headers=ADMIN)).status_code == 204
            assert (await client.post(f"{application}/chats", headers=shown)).status_code == 401
            await new_key(client, application)
            assert (await client.delete(application, headers=ADMIN)).status_code == 204

    asyncio.run(scenario())
