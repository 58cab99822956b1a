"""What the answers to commands have told: which things are there, and which are gone."""

import random

from tests.support.asked_alike import Request
from tests.support.raw_http import Answer


class Known:
    """Paths of things, oldest first."""

    def __init__(self) -> None:
        self.applications: list[str] = []
        self.chats: list[str] = []
        self.versions: dict[str, int] = {}
        """Of each message that is there."""
        self.gone: list[str] = []

    @property
    def messages(self) -> list[str]:
        return list(self.versions)

    def learn(self, request: Request, answer: Answer) -> None:
        """What a command has changed."""
        if answer.status == 201 and "idempotent-replayed" not in answer.headers:
            self._made(answer.headers["location"])
        elif answer.status == 200 and "etag" in answer.headers:
            self.versions[request.target] = int(answer.headers["etag"].strip('"'))
        elif answer.status == 204 and request.method == "DELETE":
            self._deleted(request.target)

    def _made(self, path: str) -> None:
        assert path not in {*self.applications, *self.chats, *self.versions, *self.gone}, path
        parts = path.count("/")
        if parts == 2:
            self.applications.append(path)
        elif parts == 4:
            self.chats.append(path)
        else:
            self.versions[path] = 1

    def _deleted(self, path: str) -> None:
        """It, and what is below it."""
        gone = [
            each
            for each in (*self.applications, *self.chats, *self.versions)
            if each == path or each.startswith(f"{path}/")
        ]
        assert path in gone
        self.gone += gone
        self.applications = [each for each in self.applications if each not in gone]
        self.chats = [each for each in self.chats if each not in gone]
        self.versions = {each: version for each, version in self.versions.items() if each not in gone}


def older_rather(things: list[str], dice: random.Random) -> str:
    """One of them, the first ones most often: some lists are to be long."""
    return things[int(len(things) * dice.random() ** 3)]
