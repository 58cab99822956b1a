"""What clients know of the messages that they posted, and whether the log agrees with it."""

import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from math import inf

from eventstore import streams
from eventstore.codec import Codec
from eventstore.events import MessageCreated
from eventstore.log import Log, Recorded
from tests.support.client import Answer


@dataclass(slots=True)
class Post:
    """A message that was posted: with its body as its key, once or more often; or once, without a key.

    Times are `time.monotonic`.
    """

    chat: str
    body: str
    keyed: bool
    invoked: float
    answered: float = 0.0
    answer: Answer | None = None
    refused: bool = False

    @property
    def unknown(self) -> bool:
        """Whether nobody has told yet what came of it."""
        return self.answer is None and not self.refused

    @property
    def number(self) -> int:
        assert self.answer is not None
        return int(self.answer.json()["number"])

    @property
    def position(self) -> int:
        assert self.answer is not None
        return int(self.answer.headers["log-position"])


@dataclass(slots=True)
class History:
    """All posts by their bodies, and how the attempts at them ended: by status, or as `lost` or `late`."""

    posts: dict[str, Post] = field(default_factory=dict)
    ends: Counter[str] = field(default_factory=Counter)

    def invoke(self, chat: str, body: str, *, keyed: bool = True) -> Post:
        """A new message; `chat` is the chat's path."""
        assert body not in self.posts
        post = self.posts[body] = Post(chat, body, keyed, time.monotonic())
        return post

    def end(self, post: Post, end: Answer | BaseException) -> None:
        """How an attempt at it ended. Asserts that it is an end that clients are promised."""
        if not isinstance(end, Answer):
            self.ends["late" if isinstance(end, TimeoutError) else "lost"] += 1
            return
        self.ends[str(end.status)] += 1
        if end.status == 201:
            assert end.json()["body"] == post.body, end
            if post.answer is None:
                post.answer, post.answered = end, time.monotonic()
            assert _told(end) == _told(post.answer), (post.answer, end)
        elif end.status in (409, 503):
            # The first attempt is still running; or it may have come to the log and may not.
            assert "retry-after" in end.headers, end
        else:
            assert 400 <= end.status < 500, end
            post.refused = True

    @property
    def acknowledged(self) -> list[Post]:
        return [post for post in self.posts.values() if post.answer is not None]

    @property
    def unknown(self) -> list[Post]:
        return [post for post in self.posts.values() if post.unknown]


def _told(answer: Answer) -> tuple[bytes, str]:
    return answer.body, answer.headers["log-position"]


def events_of(log: Log) -> list[Recorded]:
    """The whole log, as pages give it."""
    events: list[Recorded] = []
    while page := log.read(len(events), 5000):
        events += page
    return events


def disagreements(history: History, log: Log, *, alone: bool = True) -> list[str]:
    """What of the log's promises does not hold; nothing else may write meanwhile.

    Unless these clients were `alone`, others have written to other chats before.

    An acknowledged message is in the log once, under the number, in the chat and at the position that its
    answer gave; one of unknown fate once or not at all; a refused one not at all; nothing else is there. Whatever
    was answered before another message of the chat was posted has the lower number.
    """
    events = events_of(log)
    known = {_stream(post.chat) for post in history.posts.values()}
    told = events if alone else [event for event in events if event.stream in known]
    return [*_order(events, log), *_stories(history, told), *_precedence(history)]


def _order(events: list[Recorded], log: Log) -> Iterator[str]:
    if [event.position for event in events] != list(range(1, log.head() + 1)):
        yield f"positions are not 1..{log.head()}: {[event.position for event in events]}"
    versions: Counter[str] = Counter()
    for event in events:
        versions[event.stream] += 1
        if event.version != versions[event.stream]:
            yield f"{event.stream}@{event.version} at {event.position}: {versions[event.stream]} was due"
    if len({event.event_id for event in events}) != len(events):
        yield "an event id is there twice"
    last = ""
    while page := log.stream_states(last, 1000):
        for last, row in page:
            if row.version != versions[last]:
                yield f"the row of {last} is at {row.version}, its events at {versions[last]}"


def _stories(history: History, events: list[Recorded]) -> Iterator[str]:
    found: dict[str, list[Recorded]] = {}
    codec = Codec()
    for event in events:
        fact = codec.decode(event.topic, event.state)
        if isinstance(fact, MessageCreated):
            found.setdefault(fact.body, []).append(event)
            if fact.number != event.version:
                yield f"{event.stream}@{event.version} says that its number is {fact.number}"
    for post in history.posts.values():
        places = found.pop(post.body, [])
        if len(places) > 1:
            yield f"{post.body} is there {len(places)} times, at {[event.position for event in places]}"
        elif post.answer is not None:
            seen = [(event.stream, event.version, event.position) for event in places]
            if seen != [(_stream(post.chat), post.number, post.position)]:
                yield f"{post.body} was answered as {post.number} at {post.position} of {post.chat}, found {seen}"
        elif post.refused and places:
            yield f"{post.body} was refused and is there"
    for body in found:
        yield f"{body} is there and nobody posted it"


def _stream(chat: str) -> str:
    _, _, token, _, number = chat.split("/")
    return streams.messages(token, int(number))


def _precedence(history: History) -> Iterator[str]:
    for chat in {post.chat for post in history.posts.values()}:
        answered = inf
        for post in sorted((p for p in history.acknowledged if p.chat == chat), key=lambda p: -p.number):
            if answered < post.invoked:
                yield f"{post.body} is {post.number} in {chat}; a higher number was answered before its post"
            answered = min(answered, post.answered)
