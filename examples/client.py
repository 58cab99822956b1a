"""A client that posts once, whatever gets lost on the way, and reads what it has posted."""

import http.client
import json
import sys
import time
import urllib.error
import urllib.request
import uuid
from typing import Any


class Parley:
    """A server that is asked again for so many seconds while it can't answer, or its answer gets lost."""

    def __init__(self, url: str, patience: float = 60) -> None:
        self._url, self._patience = url, patience
        self._position = 0

    def post(self, path: str, body: object) -> Any:
        """What was made. All attempts carry one key, so the server does it once and says again what it said."""
        return self._ask("POST", path, json.dumps(body).encode(), {"Idempotency-Key": str(uuid.uuid4())})

    def get(self, path: str) -> Any:
        """What is there; nothing older than what this client was told of, whichever process answers."""
        return self._ask("GET", path, None, {"Min-Log-Position": str(self._position)})

    def _ask(self, method: str, path: str, body: bytes | None, headers: dict[str, str]) -> Any:
        given_up_at = time.monotonic() + self._patience
        headers = {"Content-Type": "application/json", **headers}
        while True:
            request = urllib.request.Request(self._url + path, body, headers, method=method)
            try:
                with urllib.request.urlopen(request, timeout=10) as answer:
                    self._position = max(self._position, int(answer.headers.get("Log-Position", 0)))
                    return json.load(answer)
            except urllib.error.HTTPError as refusal:
                if refusal.code not in (409, 429, 503) or time.monotonic() > given_up_at:
                    raise
                time.sleep(int(refusal.headers.get("Retry-After", 1)))
            except (OSError, http.client.HTTPException):
                if time.monotonic() > given_up_at:
                    raise
                time.sleep(0.2)


if __name__ == "__main__":
    parley = Parley(sys.argv[1] if len(sys.argv) > 1 else "http://127.0.0.1:3000")
    application = f"/applications/{parley.post('/applications', {'name': 'Corner shop'})['token']}"
    messages = f"{application}/chats/{parley.post(f'{application}/chats', {})['number']}/messages"
    parley.post(messages, {"body": "Two crème brûlées, please 🍮", "sender": "Ann"})
    for message in parley.get(messages)["items"]:
        print(message["number"], message["body"])  # noqa: T201 - to be seen
