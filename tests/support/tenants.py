"""Applications with keys, and those who ask for what is in them."""

import secrets
from collections.abc import Mapping
from typing import Any, NamedTuple

from tests.support.client import Answer, AnyClient, Client
from web.keys import new_key

READS = ("GET", "HEAD")
POSITION = "Min-Log-Position"
PATIENCE = 60


class Site(NamedTuple):
    """Where commands and queries are sent; they may be one address."""

    commands: str
    queries: str
    admin_key: str


class Tenant(NamedTuple):
    """An application, and by kind of caller what each shows; `ids` are those of its keys."""

    path: str
    shown: Mapping[str, str]
    ids: Mapping[str, str]


class SiteClient(AnyClient):
    """Its reads include whatever it was told of."""

    def __init__(self, site: Site) -> None:
        self.site = site
        self._commands, self._queries = Client(site.commands), Client(site.queries)
        self._position = 0

    async def request(
        self, method: str, path: str, body: object = None, headers: Mapping[str, str] | None = None
    ) -> Answer:
        headers = headers or {}
        if method in READS:
            fresh = {POSITION: str(self._position)}
            answer = await self._queries.request(method, path, body, {**fresh, **headers})
            # Projections that are behind, or a process that has not looked at the log yet.
            for _ in range(PATIENCE):
                if answer.status != 503:
                    break
                answer = await self._queries.request(method, path, body, {**fresh, **headers})
            return answer
        answer = await self._commands.request(method, path, body, headers)
        self._position = max(self._position, int(answer.headers.get("log-position", 0)))
        return answer

    async def ask(self, method: str, path: str, key: str = "", body: object = None, **headers: str) -> Answer:
        """The answer to who shows that key, if any; underscores in header names stand for hyphens."""
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        if key:
            named["Authorization"] = f"Bearer {key}"
        return await self.request(method, path, body, named)

    async def made(self, path: str, body: object, key: str = "", **headers: str) -> Any:
        """What a POST by the admin, or by who shows that key, has made."""
        answer = await self.ask("POST", path, key or self.site.admin_key, body, **headers)
        assert answer.status == 201, answer
        return answer.json()

    async def close(self) -> None:
        for client in (self._commands, self._queries):
            await client.close()


async def new_tenant(
    client: SiteClient, name: str, chats: int, messages: int, *, keyed: bool = True
) -> Tenant:
    """An application with that many chats, the first of which has that many messages; with keys, if `keyed`."""
    path = f"/applications/{(await client.made('/applications', {'name': name}))['token']}"
    for number in range(chats):
        await client.made(f"{path}/chats", {"title": f"{name} {number}"})
    for number in range(messages):
        await client.made(f"{path}/chats/1/messages", {"body": f"{name} says {number}"})
    if not keyed:
        return Tenant(path, {}, {})
    made = {kind: await client.made(f"{path}/keys", {"scope": scope}) for kind, scope in KINDS.items()}
    revoked = await client.ask("DELETE", f"{path}/keys/{made['revoked']['id']}", client.site.admin_key)
    assert revoked.status == 204, revoked
    return Tenant(
        path,
        {
            "nobody": "",
            "bad": new_key(path.rpartition("/")[2]).text,
            "no key at all": secrets.token_urlsafe(),
            "admin": client.site.admin_key,
            **{kind: key["key"] for kind, key in made.items()},
        },
        {kind: key["id"] for kind, key in made.items()},
    )


KINDS = {"read": "read", "write": "write", "revoked": "write"}
"""Keys of a tenant, and the scopes that they are made for."""
