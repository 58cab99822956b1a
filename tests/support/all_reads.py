"""Every read of everything that is known, and of what is gone; and reads that are wrong."""

import random
from collections.abc import Mapping, Sequence
from itertools import product
from typing import Any
from unicodedata import normalize
from urllib.parse import quote

from tests.support.asked_alike import Alike, Request
from tests.support.known import Known

NOTHING: Mapping[str, str] = {}
LIMITS = (1, 7, 100)
WRONG_PAGES = (
    "limit=0",
    "limit=101",
    "limit=01",
    "limit=x",
    "limit=",
    "limit=1&limit=1",
    "after=-1",
    "after=1000000000000000000",
    "before=x",
    "order=up",
    "order=ASC",
    "cursor=",
    "cursor=forged",
    "order=recent&cursor=forged",
    "order=recent&after=1",
    "min_position=x",
    "nothing=1",
    "limit=%ff",
    "limit=%",
    "x=1" + "&x=1" * 30,
)
WRONG_QUERIES = (
    "",
    "q=",
    "q=%20",
    "q=%CC%81",
    "q=%00",
    "q=a&q=b",
    f"q={'x' * 201}",
    "q=%FF",
    "q=x&order=recent",
)
PIECES = ("%", "_", "*", '"', "\\", "'", " ", "a", "\u0301a", "寿", "🍣", "C++", "not in there at all")
READ_HEADERS = (
    {"Min-Log-Position": "x"},
    {"Min-Log-Position": "01"},
    {"Min-Log-Position": "999999999999999999", "Prefer": "wait=0"},
    {"If-None-Match": "x"},
    {"If-Match": "x"},
)
ROUTES = (
    "/",
    "/nowhere",
    "/applications/",
    "/applications/short",
    "/livez",
    "//livez",
    "/livez?x=1",
    "/%6civez",
)


class Reads:
    """Of everything, or of as much as is asked for."""

    def __init__(self, alike: Alike, known: Known, dice: random.Random, admin: Mapping[str, str]) -> None:
        self._alike = alike
        self._known = known
        self._dice = dice
        self._admin = admin

    def everything(self) -> None:
        """Read all that is there, all that is gone, and what can't be read. Raises Differs."""
        for limit in LIMITS:
            self._walk(f"/applications?limit={limit}", self._admin)
        for application in self._known.applications:
            self._application(application)
        for chat in self._known.chats:
            self._chat(chat)
        for message, version in self._known.versions.items():
            self._message(message, version)
        for path in self._known.gone:
            self.around(path)
        self._wrong()

    def around(self, path: str) -> None:
        """Read the thing and every list below it, be it there or gone."""
        self._get(path)
        below = {2: ("/chats", "/chats?order=recent", "/chats/1"), 4: ("/messages", "/messages/search?q=a")}
        for more in below.get(path.count("/"), ("/history",)):
            self._get(f"{path}{more}")

    def _application(self, application: str) -> None:
        self._one(application)
        self._get(f"{application}?min_position={self._alike.position}")
        for order, limit in product(("asc", "desc", "recent"), LIMITS):
            self._walk(f"{application}/chats?order={order}&limit={limit}")
        self._windows(f"{application}/chats")

    def _chat(self, chat: str) -> None:
        self._one(chat)
        messages = f"{chat}/messages"
        for order, limit in product(("asc", "desc"), LIMITS):
            items = self._walk(f"{messages}?order={order}&limit={limit}")
        self._windows(messages)
        self._search(f"{messages}/search", [item["body"] for item in items])

    def _message(self, message: str, version: int) -> None:
        self._one(message)
        for tags in (f'"{version}"', f'W/"{version}"', f'"{version + 1}"', "*", f'"x", "{version}"'):
            header = self._dice.choice(("If-None-Match", "If-Match"))
            self._get(message, {header: tags})
        for limit in (1, 100):
            self._walk(f"{message}/history?limit={limit}")
        self._get(f"{message}/history?after={self._dice.randint(0, version)}")

    def _search(self, search: str, bodies: Sequence[str]) -> None:
        """Pieces of the chat's texts, and what search might take for more than a text."""
        pieces = list(self._dice.sample(PIECES, 4))
        for body in self._dice.sample(bodies, min(len(bodies), 12)):
            start = self._dice.randrange(len(body))
            piece = body[start : start + self._dice.choice((1, 1, 2, 3, 8, 200))]
            pieces.append(self._dice.choice((piece, piece.upper(), normalize("NFD", piece)[:200])))
        for piece in pieces:
            q = quote(piece, safe="")
            self._walk(f"{search}?q={q}")
            order, limit = self._dice.choice(("asc", "desc")), self._dice.choice(LIMITS)
            self._walk(f"{search}?q={q}&order={order}&limit={limit}")
        self._windows(search, "q=a&")

    def _wrong(self) -> None:
        """Parameters, headers and routes that are refused."""
        application, chat = self._known.applications[0], self._known.chats[0]
        message = self._known.messages[0]
        lists = ("/applications", f"{application}/chats", f"{chat}/messages", f"{message}/history")
        for target, query in product(lists, WRONG_PAGES):
            self._get(f"{target}?{query}", self._admin)
        for query in (*WRONG_QUERIES, *(f"q=x&{query}" for query in WRONG_PAGES)):
            self._get(f"{chat}/messages/search?{query}")
        for target, headers in product((application, *lists, chat, message), READ_HEADERS):
            self._get(target, {**self._admin, **headers})
        for target in (application, chat, message):
            self._get(f"{target}?limit=1")
        for target in (*ROUTES, f"{application}/chats/01", f"{chat}/messages/0", f"{chat}/messages/none"):
            self._get(target)
        self._get("/applications")
        self._get("/applications", {"Authorization": "Bearer wrong"})

    def _walk(self, target: str, headers: Mapping[str, str] = NOTHING) -> list[Any]:
        """All items of a list."""
        return [item for page in self._alike.pages(target, headers) for item in page["items"]]

    def _windows(self, target: str, more: str = "") -> None:
        """The list as it comes, and parts of it by number, also empty ones."""
        self._one(f"{target}?{more}")
        for order in ("asc", "desc"):
            after, before = sorted(self._dice.choices(range(60), k=2))
            for window in (f"after={after}", f"before={before}", f"after={after}&before={before}"):
                self._walk(f"{target}?{more}order={order}&{window}&limit=5")
        self._get(f"{target}?{more}after=999999999999999999")
        self._get(f"{target}?{more}before=0")

    def _one(self, target: str) -> None:
        self._get(target)
        self._alike.read(Request("HEAD", target))

    def _get(self, target: str, headers: Mapping[str, str] = NOTHING) -> None:
        self._alike.read(Request("GET", target, headers))
