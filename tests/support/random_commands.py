"""Commands by chance, as clients send them: most right, some late, some twice, some wrong."""

import base64
import random
from collections.abc import Callable, Mapping
from typing import Any

from tests.support import wrong_requests as wrong
from tests.support.asked_alike import Request
from tests.support.known import Known, older_rather
from tests.support.random_texts import Texts, spelled

JSON = wrong.JSON
NOBODY = "/applications/" + "x" * 43


class Commands:
    """One after the other, on what is `known`; always the same for the same dice and answers."""

    def __init__(self, dice: random.Random, known: Known, admin_key: str) -> None:
        self._dice = dice
        self._known = known
        self._admin = {"Authorization": f"Bearer {admin_key}"}
        self._texts = Texts(dice)
        self._keyed: list[tuple[Request, dict[str, Any]]] = []
        self._kinds: Mapping[Callable[[], Request], float] = {
            self._application: 3,
            self._chat: 7,
            self._message: 45,
            self._rename: 3,
            self._retitle: 5,
            self._edit: 16,
            self._delete_message: 6,
            self._delete_chat: 1.5,
            self._delete_application: 0.7,
            self._again: 6,
            self._key_reused: 3,
            self._on_what_is_gone: 5,
            self._wrong_body: 8,
            self._wrong_header: 4,
            self._wrong_route: 4,
            self._without_key: 1,
        }

    def token(self) -> str:
        """For the next application."""
        return base64.urlsafe_b64encode(self._dice.randbytes(32)).decode().rstrip("=")

    def next(self) -> Request:
        """The next one."""
        known = self._known
        if len(known.applications) < 2:
            return self._application()
        if len(known.chats) < 2:
            return self._chat()
        if len(known.versions) < 2:
            return self._message()
        [kind] = self._dice.choices(list(self._kinds), list(self._kinds.values()))
        return kind()

    def _application(self) -> Request:
        return self._post("/applications", {"name": self._texts.short()}, self._admin)

    def _chat(self) -> Request:
        chats = f"{older_rather(self._known.applications, self._dice)}/chats"
        kind = self._dice.random()
        if kind < 0.2:
            return Request("POST", chats)
        return self._post(chats, {} if kind < 0.4 else {"title": self._title()})

    def _message(self) -> Request:
        return self._post(f"{self._a_chat()}/messages", self._new_message())

    def _rename(self) -> Request:
        return self._change(older_rather(self._known.applications, self._dice), {"name": self._texts.short()})

    def _retitle(self) -> Request:
        return self._change(self._a_chat(), {"title": self._title()})

    def _edit(self) -> Request:
        message = self._a_message()
        request = self._change(message, {"body": self._texts.body()})
        return request._replace(headers={**request.headers, **self._if_match(message)})

    def _delete_message(self) -> Request:
        message = self._a_message()
        return Request("DELETE", message, self._if_match(message))

    def _delete_chat(self) -> Request:
        return Request("DELETE", self._dice.choice(self._known.chats))

    def _delete_application(self) -> Request:
        return Request("DELETE", self._dice.choice(self._known.applications), self._admin)

    def _again(self) -> Request:
        """A request that has had its answer, in the same or another spelling."""
        if not self._keyed:
            return self._message()
        request, value = self._dice.choice(self._keyed[-60:])
        return request._replace(body=spelled(value, self._dice))

    def _key_reused(self) -> Request:
        """For another body, or another chat."""
        if not self._keyed:
            return self._message()
        request, value = self._dice.choice(self._keyed)
        if self._dice.random() < 0.5:
            return request._replace(target=f"{self._a_chat()}/messages")
        return request._replace(body=spelled({**value, "sender": "somebody else"}, self._dice))

    def _on_what_is_gone(self) -> Request:
        """Or never was."""
        known = self._known
        target = self._dice.choice([*known.gone[-40:], NOBODY, f"{self._a_chat()}/messages/400"])
        method = self._dice.choice(("POST", "POST", "PATCH", "PUT", "DELETE"))
        if method == "DELETE":
            return Request(method, target, self._admin)
        if method == "POST":
            target += "/messages" if target.count("/") == 4 else "/chats"
        body = self._dice.choice(({"body": "x"}, {"title": "x"}, {"name": "x"}))
        return Request(method, target, self._json(), spelled(body, self._dice))

    def _wrong_body(self) -> Request:
        method, target = self._somewhere()
        kind = self._dice.random()
        if kind < 0.7:
            return Request(method, target, {**self._admin, **JSON}, self._dice.choice(wrong.BODIES))
        if kind < 0.75:
            return Request(method, target, {**self._admin, **JSON}, wrong.TOO_LARGE)
        if kind < 0.85:
            return Request(method, target, {**self._admin, **JSON, "Content-Length": "0"})
        if kind < 0.9:
            return Request("DELETE", self._a_message(), JSON, b"{}")
        return Request(method, target, {**self._admin, **self._dice.choice(wrong.KINDS)}, b'{"body":"x"}')

    def _wrong_header(self) -> Request:
        kind = self._dice.random()
        if kind < 0.3:
            return self._message()._replace(target=f"{self._a_chat()}/messages?limit=1&x=%C3%A9")
        if kind < 0.6:
            request = self._dice.choice((self._message, self._chat, self._application))()
            key = self._dice.choice(wrong.KEYS)
            return request._replace(headers={**request.headers, "Idempotency-Key": key})
        request = self._dice.choice((self._edit, self._delete_message))()
        tags = self._dice.choice(wrong.TAGS)
        return request._replace(headers={**request.headers, "If-Match": tags})

    def _wrong_route(self) -> Request:
        application = self._dice.choice(self._known.applications)
        below = [(method, f"{application}{rest}") for method, rest in wrong.BELOW_APPLICATION]
        method, target = self._dice.choice([*wrong.ROUTES, *below])
        if method in ("POST", "PATCH", "PUT"):
            return Request(method, target, {**self._admin, **self._json()}, b'{"body":"x"}')
        return Request(method, target)

    def _without_key(self) -> Request:
        credentials = self._dice.choice(
            ({}, {"Authorization": "Bearer wrong"}, {"Authorization": "Basic eA=="})
        )
        if self._dice.random() < 0.5:
            return Request("DELETE", self._dice.choice(self._known.applications), credentials)
        return Request("POST", "/applications", {**credentials, **JSON}, b'{"name":"x"}')

    def _post(self, target: str, value: dict[str, Any], headers: Mapping[str, str] | None = None) -> Request:
        """With a key of its own, or none."""
        request = Request("POST", target, {**self._json(), **(headers or {})}, spelled(value, self._dice))
        if self._dice.random() < 0.6:
            return request
        key = f"!{len(self._keyed)}~{self._dice.choice(('', 'x' * 200))}"
        request = request._replace(headers={**request.headers, "Idempotency-Key": key})
        self._keyed.append((request, value))
        return request

    def _change(self, target: str, value: dict[str, Any]) -> Request:
        method = self._dice.choice(("PATCH", "PUT"))
        return Request(method, target, self._json(), spelled(value, self._dice))

    def _json(self) -> dict[str, str]:
        kinds = ("application/json", "application/json", "application/json; charset=UTF-8")
        return {"Content-Type": self._dice.choice(kinds)}

    def _somewhere(self) -> tuple[str, str]:
        """Method and path of a command that takes a body."""
        return self._dice.choice(
            (
                ("POST", "/applications"),
                ("PATCH", self._dice.choice(self._known.applications)),
                ("POST", f"{self._dice.choice(self._known.applications)}/chats"),
                ("PATCH", self._a_chat()),
                ("POST", f"{self._a_chat()}/messages"),
                ("PATCH", self._a_message()),
            )
        )

    def _new_message(self) -> dict[str, Any]:
        value: dict[str, Any] = {"body": self._texts.body()}
        if self._dice.random() < 0.6:
            value["sender"] = self._title()
        return value

    def _title(self) -> str | None:
        return self._dice.choice((None, " ", self._texts.short(), self._texts.short()))

    def _if_match(self, message: str) -> dict[str, str]:
        version = self._known.versions[message]
        right, other = f'"{version}"', f'"{version + self._dice.choice((-1, 1, 7))}"'
        tags = self._dice.choice(
            (None, None, right, right, other, "*", f"W/{right}", f"{other}, {right}", f"{other},W/{right}")
        )
        return {} if tags is None else {"If-Match": tags}

    def _a_chat(self) -> str:
        return older_rather(self._known.chats, self._dice)

    def _a_message(self) -> str:
        return self._dice.choice(self._known.messages)
