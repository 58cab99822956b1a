"""X18, X19: who may what, on every route, with whatever is shown as a key, of one's own and of others."""

import asyncio
import json
import re
import sys
from collections import Counter
from collections.abc import Awaitable, Callable, Iterator, Mapping
from itertools import product
from pathlib import Path
from typing import NamedTuple

import pytest

from parley.dispatch import ALLOWED
from tests.support.client import Answer
from tests.support.role import Role
from tests.support.server import Server
from tests.support.tenants import Site, SiteClient, Tenant, new_tenant
from web.paths import APPLICATION, APPLICATIONS, BATCH, CHAT, CHATS, KEY, KEYS, MESSAGE, MESSAGES, SEARCH
from web.policy import NEEDS, Need, need

ADMIN_KEY = "an admin key of the test"
CALLERS = (
    "nobody",
    "bad",
    "no key at all",
    "revoked",
    "other's",
    "read",
    "write",
    "admin",
    "key in the query",
)
BODIES: Mapping[tuple[str, str], object] = {
    (APPLICATIONS, "POST"): {"name": "new"},
    (APPLICATION, "PATCH"): {"name": "own"},
    (APPLICATION, "PUT"): {"name": "own"},
    (KEYS, "POST"): {"scope": "read"},
    (CHATS, "POST"): {},
    (CHAT, "PATCH"): {"title": "own"},
    (CHAT, "PUT"): {"title": "own"},
    (MESSAGES, "POST"): {"body": "own"},
    (BATCH, "POST"): {"messages": [{"body": "own"}]},
    (MESSAGE, "PATCH"): {"body": "own"},
    (MESSAGE, "PUT"): {"body": "own"},
}
SUCCESS = {"POST": 201, "DELETE": 204}
NOWHERE = "/applications/" + "n" * 43
NUMBERED = ("chat", "message", "key")


@pytest.fixture(scope="module", params=["alone", "cluster"])
def site(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """One process, or one of each API beside those of the cluster, which have no admin key."""
    folder = tmp_path_factory.mktemp("site")
    if request.param == "alone":
        with Server(folder / "data", {"PARLEY_ADMIN_KEY": ADMIN_KEY}) as server:
            yield Site(server.url, server.url, ADMIN_KEY)
        return
    settings = {**request.getfixturevalue("cluster").settings, "PARLEY_ADMIN_KEY": ADMIN_KEY}
    with api(folder, "command-api", settings) as commands, api(folder, "query-api", settings) as queries:
        yield Site(commands.url, queries.url, ADMIN_KEY)


def api(folder: Path, name: str, settings: Mapping[str, str]) -> Role:
    own = {"PARLEY_PORT": "0", "PARLEY_HEALTH_PORT": "0", "PARLEY_HOST": "127.0.0.1"}
    return Role(folder / f"{name}.log", name, **{**settings, **own})


def play(site: Site, scenario: Callable[[SiteClient], Awaitable[None]]) -> None:
    async def run() -> None:
        async with SiteClient(site) as client:
            await scenario(client)

    asyncio.run(run())


class Pair(NamedTuple):
    """A route and a caller; `place` is whose things are asked for."""

    template: str
    method: str
    caller: str
    place: str

    @property
    def need(self) -> Need:
        return need(self.template, self.method)

    @property
    def expected(self) -> tuple[int, ...]:
        """What the policy says."""
        found = SUCCESS.get(self.method, 200)
        if self.place in ("another's", "nobody's") or (self.place == "open" and self.template == KEY):
            found = 404
        if self.caller == "key in the query":
            return (401, 422) if self.need is Need.ADMIN else (422,)
        if self.caller == "admin":
            return (found,)
        if self.need is Need.ADMIN:
            return (401,)
        if self.place in ("open", "nobody's"):
            return (found,)
        if self.caller not in ("read", "write"):
            return (401,)
        return (found,) if self.need.met_by(self.caller) else (403,)


def pairs() -> Iterator[Pair]:
    for (template, method), caller in product(NEEDS, CALLERS):
        places = ["own"]
        if template != APPLICATIONS:
            places += ["open", "nobody's"]
        if any(f"{{{field}" in template for field in NUMBERED):
            places.append("another's")
        for place in places:
            yield Pair(template, method, caller, place)
            if method == "GET":
                yield Pair(template, "HEAD", caller, place)


class Sweep:
    """Asks for `own`'s things, for those of an open application, and by `own`'s path for what only `other` has."""

    def __init__(self, client: SiteClient, own: Tenant, other: Tenant, open_: Tenant) -> None:
        self._client = client
        self._own, self._other, self._open = own, other, open_
        self.statuses: Counter[int] = Counter()
        self.unauthenticated: set[tuple[bytes, str]] = set()

    async def ask(self, pair: Pair) -> None:
        key = self._other.shown["write"] if pair.caller == "other's" else self._own.shown.get(pair.caller, "")
        path = await self._path(pair)
        if pair.caller == "key in the query":
            path += f"{'&' if '?' in path else '?'}key={self._own.shown['write']}"
        body = BODIES.get((pair.template, pair.method))
        answer = await self._client.ask(pair.method, path, key, body)
        assert answer.status in pair.expected, (pair, answer)
        self.statuses[answer.status] += 1
        if answer.status == 401:
            assert answer.headers["www-authenticate"] == 'Bearer realm="parley"', pair
            if pair.need is not Need.ADMIN and pair.method != "HEAD":
                self.unauthenticated.add((answer.body, answer.headers["content-type"]))

    async def _path(self, pair: Pair) -> str:
        if pair.template == APPLICATIONS:
            return APPLICATIONS
        application = {"open": self._open.path, "nobody's": NOWHERE}.get(pair.place, self._own.path)
        fields = {"chat": "1", "message": "1", "key": self._own.ids["read"]}
        if pair.place == "another's":
            fields["key"] = self._other.ids["write"]
            # Only the other has so many.
            fields["message" if "{message:" in pair.template else "chat"] = "2"
        elif pair.expected == (204,):
            application = await self._to_be_deleted(pair, application, fields)
        elif pair.place == "open" and pair.template == KEYS and pair.expected == (201,):
            # With its first key it is open no more.
            application = (await new_tenant(self._client, "first key", 0, 0, keyed=False)).path
        below = re.sub(r"\{(\w+)(:\w+)?\}", lambda field: fields[field[1]], pair.template[len(APPLICATION) :])
        return f"{application}{below}" + ("?q=says" if pair.template == SEARCH else "")

    async def _to_be_deleted(self, pair: Pair, application: str, fields: dict[str, str]) -> str:
        """The path of its application, and in `fields` the number, of something new."""
        made = self._client.made
        if pair.template == APPLICATION:
            return (await new_tenant(self._client, "gone", 0, 0)).path
        if pair.template == KEY:
            fields["key"] = (await made(f"{application}/keys", {"scope": "read"}))["id"]
        elif pair.template == CHAT:
            fields["chat"] = str((await made(f"{application}/chats", {}))["number"])
        else:
            message = await made(f"{application}/chats/1/messages", {"body": "gone"})
            fields["message"] = str(message["number"])
        return application


async def everything(client: SiteClient, tenant: Tenant) -> list[bytes]:
    """All that an admin can see of an application."""
    paths = ["", "/keys", "/chats", "/chats?order=recent", "/chats/1", "/chats/1/messages"]
    paths += ["/chats/1/messages/1/history", "/chats/1/messages/search?q=says"]
    answers = [await client.ask("GET", tenant.path + path, client.site.admin_key) for path in paths]
    assert {answer.status for answer in answers} == {200}
    return [answer.body for answer in answers]


def test_x18_x19_the_policy_holds_for_every_route_caller_and_owner(
    site: Site, capsys: pytest.CaptureFixture[str]
) -> None:
    served = {(template, method) for template, methods in ALLOWED.items() for method in methods}
    assert {one for one in served if one[0].startswith(APPLICATIONS) and one[1] != "HEAD"} == NEEDS.keys()

    async def scenario(client: SiteClient) -> None:
        own, other = await new_tenant(client, "own", 1, 1), await new_tenant(client, "other", 2, 2)
        sweep = Sweep(client, own, other, await new_tenant(client, "open", 1, 1, keyed=False))
        before = [await everything(client, tenant) for tenant in (own, other)]
        swept = sorted(pairs(), key=lambda pair: pair.expected[0] < 300)
        refused = [pair for pair in swept if pair.expected[0] >= 300]
        for pair in refused:
            await sweep.ask(pair)
        assert [await everything(client, tenant) for tenant in (own, other)] == before
        for pair in swept[len(refused) :]:
            await sweep.ask(pair)
        assert await everything(client, other) == before[1]
        # One and the same, whatever is wrong with what was shown, and whoever says so.
        assert len(sweep.unauthenticated) == 1
        with capsys.disabled():
            told = ", ".join(f"{number} × {status}" for status, number in sorted(sweep.statuses.items()))
            sys.stdout.write(f"\n{len(swept)} pairs of route and caller, {len(refused)} refused: {told}\n")

    play(site, scenario)


def test_x19_what_another_has_is_as_if_it_were_not(site: Site) -> None:
    async def scenario(client: SiteClient) -> None:
        own, other = await new_tenant(client, "own", 1, 1), await new_tenant(client, "other", 3, 3)
        key, others = own.shown["write"], other.shown["write"]

        async def got(path: str, **headers: str) -> Answer:
            return await client.ask("GET", own.path + path, key, **headers)

        for below in (
            "/chats/{}",
            "/chats/{}/messages",
            "/chats/1/messages/{}",
            "/chats/1/messages/{}/history",
        ):
            found, nothing = [await got(below.format(number)) for number in (3, 999)]
            assert (found.status, nothing.status) == (404, 404)
            assert (found.body, _lasting(found)) == (nothing.body, _lasting(nothing))
        # Counts, search, entity tags.
        assert (await got("")).json()["chats_count"] == 1
        assert (await got("/chats/1")).json()["messages_count"] == 1
        assert (await got("/chats/1/messages/search?q=other")).json() == {
            "items": [],
            "total": 0,
            "next": None,
        }
        await client.ask("PATCH", f"{other.path}/chats/1/messages/1", others, {"body": "edited"})
        assert (await got("/chats/1/messages/1", If_None_Match='"2"')).status == 200
        stale = await client.ask("DELETE", f"{own.path}/chats/1/messages/1", key, If_Match='"2"')
        assert stale.status == 412
        # Cursors.
        following = (await client.ask("GET", f"{other.path}/chats?order=recent&limit=1", others)).json()[
            "next"
        ]
        assert (await client.ask("GET", following.replace(other.path, own.path), key)).status == 400
        # Idempotency keys.
        for tenant, shown in ((other, others), (own, key)):
            answer = await client.ask(
                "POST", f"{tenant.path}/chats/1/messages", shown, {"body": "same"}, Idempotency_Key="same"
            )
            assert (answer.status, "idempotent-replayed" in answer.headers) == (201, False)
        assert (await client.ask("GET", f"{other.path}/keys", key)).status == 401

    play(site, scenario)


def test_an_answer_that_was_given_to_a_key_is_not_given_again_to_who_shows_none(site: Site) -> None:
    async def scenario(client: SiteClient) -> None:
        own = await new_tenant(client, "own", 1, 0)
        for caller, status in (
            ("write", 201),
            ("write", 201),
            ("nobody", 401),
            ("revoked", 401),
            ("read", 403),
        ):
            answer = await client.ask(
                "POST",
                f"{own.path}/chats/1/messages",
                own.shown[caller],
                {"body": "x"},
                Idempotency_Key="one",
            )
            assert answer.status == status, caller
            assert status == 201 or json.loads(answer.body)["status"] == status

    play(site, scenario)


def test_a_revocation_holds_for_whatever_includes_it_and_soon_for_all(site: Site) -> None:
    async def scenario(client: SiteClient) -> None:
        own = await new_tenant(client, "own", 1, 1)
        key, path = own.shown["read"], f"{own.path}/chats/1"
        # Who waits for what it has made; the other does not know that there is anything to wait for.
        assert (await client.ask("GET", path, key)).status == 200
        async with SiteClient(site) as unaware:
            assert (await unaware.ask("GET", path, key)).status == 200
            revoked = await client.ask("DELETE", f"{own.path}/keys/{own.ids['read']}", own.shown["write"])
            assert revoked.status == 204
            assert (await client.ask("GET", path, key)).status == 401
            async with asyncio.timeout(60):
                while (answer := await unaware.ask("GET", path, key)).status == 200:
                    await asyncio.sleep(0)
            assert answer.status == 401
            assert (await unaware.ask("GET", path, own.shown["write"])).status == 200

    play(site, scenario)


def _lasting(answer: Answer) -> dict[str, str]:
    """Headers but for those that are another's in each answer."""
    volatile = re.compile("date|x-request-id|ratelimit.*|traceparent")
    return {name: value for name, value in answer.headers.items() if not volatile.fullmatch(name)}
