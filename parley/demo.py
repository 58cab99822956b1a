"""`parley demo`: plays the README's story against a running server, and shows it as lines to copy into a shell."""

import json
import shlex
import urllib.error
import urllib.request
from collections.abc import Callable
from http.client import HTTPException
from typing import NamedTuple

from parley.logs import harmless


class Step(NamedTuple):
    """One request of the story. `path` may hold `{application}`; `headers` are shown as they are sent."""

    method: str
    path: str
    body: dict[str, object] | None = None
    headers: tuple[tuple[str, str], ...] = ()


STORY = (
    Step("POST", "/applications", {"name": "Corner shop"}),
    Step("POST", "{application}/chats", {"title": "Orders"}),
    Step("POST", "{application}/chats/1/messages", {"body": "Two crème brûlées, please 🍮", "sender": "Ann"}),
    Step(
        "POST",
        "{application}/chats/1/messages",
        {"body": "Coming up. Pay at shop.example/c++20?", "sender": "Bo"},
        (("Idempotency-Key", "phone-42"),),
    ),
    Step(
        "POST",
        "{application}/chats/1/messages",
        {"body": "Coming up. Pay at shop.example/c++20?", "sender": "Bo"},
        (("Idempotency-Key", "phone-42"),),
    ),
    Step("GET", "{application}/chats/1/messages?limit=1"),
    Step("GET", "{application}/chats/1/messages/search?q=BRULEE"),
    Step("GET", "{application}/chats/1/messages/search?q=c%2B%2B"),
    Step(
        "PATCH",
        "{application}/chats/1/messages/1",
        {"body": "Three crème brûlées 🍮"},
        (("If-Match", '"1"'),),
    ),
    Step("PATCH", "{application}/chats/1/messages/1", {"body": "Four!"}, (("If-Match", '"1"'),)),
    Step("GET", "{application}/chats/1/messages/1/history"),
    Step("DELETE", "{application}/chats/1/messages/2"),
    Step("GET", "{application}/chats/1"),
    Step("POST", "{application}/chats/1/messages", {"body": "Thank you!"}),
    Step("DELETE", "{application}"),
)


class DemoFailed(Exception):
    """The story could not be played."""


def demo(url: str, show: Callable[[str], None]) -> None:
    """Play the story against `url`. Raises DemoFailed.

    What it shows is a script for a shell: commands that do the same, and the answers as comments.
    Its reads ask for what its commands have done, though that is not shown: who types is slower than a projector.
    """
    application, position = "", ""
    show(f"PARLEY={shlex.quote(url.rstrip('/'))}")
    for step in STORY:
        for line in [curl(step)] if step is not STORY[0] else beginning(step):
            show(line)
        status, answer, at = _send(url, step, application, position)
        position = at or position
        # Whatever answers: no line of it may become a command, nor steer the terminal.
        for line in (answer or str(status)).splitlines():
            show(f"# {harmless(line)}")
        show("")
        if step is STORY[0]:
            if status != 201:
                raise DemoFailed(
                    "The server wants an admin key for new applications; the story needs one without."
                )
            application = f"/applications/{_token(url, answer)}"


def beginning(step: Step) -> list[str]:
    """The lines that make the application and keep its address."""
    made = curl(step).replace("curl -s", "curl -s -D - -o /dev/null", 1)
    return [
        f"APPLICATION=$({made} | tr -d '\\r' | sed -n 's/^[Ll]ocation: //p')",
        "APPLICATION=$PARLEY$APPLICATION",
    ]


def curl(step: Step) -> str:
    """The step as a line for a shell in which PARLEY and APPLICATION are set."""
    words = ["curl", "-s"]
    if step.method not in ("GET", "POST"):
        words += ["-X", step.method]
    for name, value in step.headers:
        words += ["-H", shlex.quote(f"{name}: {value}")]
    if step.body is not None:
        words += ["--json", shlex.quote(json.dumps(step.body, ensure_ascii=False))]
    path = step.path.replace("{application}", "$APPLICATION")
    address = path if path.startswith("$") else f"$PARLEY{path}"
    return " ".join([*words, f'"{address}"'])


def _token(url: str, answer: str) -> str:
    try:
        return str(json.loads(answer)["token"])
    except (ValueError, LookupError, TypeError) as error:
        raise DemoFailed(
            f"{url} answers, but is no Parley: it made an application without a token."
        ) from error


def _send(url: str, step: Step, application: str, position: str) -> tuple[int, str, str]:
    """Status, body and Log-Position."""
    fresh = {"Min-Log-Position": position} if step.method == "GET" and position else {}
    try:
        request = urllib.request.Request(
            url.rstrip("/") + step.path.replace("{application}", application),
            method=step.method,
            data=None if step.body is None else json.dumps(step.body).encode(),
            headers={
                **dict(step.headers),
                **fresh,
                **({"Content-Type": "application/json"} if step.body else {}),
            },
        )
        with urllib.request.urlopen(request, timeout=10) as response:
            position = response.headers.get("Log-Position", "")
            return response.status, response.read().decode(errors="replace"), position
    except urllib.error.HTTPError as error:
        with error:
            return error.code, error.read().decode(errors="replace"), ""
    except (OSError, HTTPException, ValueError) as error:
        # Not HTTP, or no URL.
        raise DemoFailed(
            f"{harmless(url)} does not answer ({harmless(str(error))}). Start a server first: bin/parley serve"
        ) from error
