"""uvicorn's HTTP/1.1 protocol with bounds on what a connection may send before it is understood."""

import enum
from http import HTTPStatus
from typing import Any, ClassVar, NoReturn

import httptools
from uvicorn.protocols.http.flow_control import FlowControl
from uvicorn.protocols.http.httptools_impl import STATUS_LINE, HttpToolsProtocol

from web.limits import Limits
from web.observing import OTHER, Answer, listeners_of
from web.trace import trace_of


class Phase(enum.Enum):
    """Where in the stream of requests the parser stands."""

    BETWEEN = enum.auto()
    HEAD = enum.auto()
    BODY = enum.auto()
    REFUSED = enum.auto()


class _Refused(Exception):
    """Stops the parser from inside one of its callbacks."""


class _NoTrailers(list[tuple[bytes, bytes]]):
    """Stands where the headers were: the parser reports trailers as more headers of a request under way."""

    def append(self, _: tuple[bytes, bytes]) -> NoReturn:
        raise _Refused


class _Flow(FlowControl):
    """Flow control that the application's wish to read can't loosen while requests wait in line."""

    held = False

    def hold(self) -> None:
        self.held = True
        self.pause_reading()

    def release(self) -> None:
        self.held = False
        self.resume_reading()

    def resume_reading(self) -> None:
        if not self.held:
            super().resume_reading()


_NO_TRAILERS = _NoTrailers()


class GuardedProtocol(HttpToolsProtocol):
    """One connection. `since` is the loop's time at which its `phase`, or its rest after an answer, began."""

    limits: ClassVar[Limits] = Limits()

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.phase = Phase.BETWEEN
        self.since = self.loop.time()
        self.unread = 0
        self.unread_since = 0.0
        self._moved = False
        self._stuck_bytes = 0
        self._received = 0
        self._refusal: tuple[int, str] | None = None
        self._after_answers: tuple[int, str] | None = None

    def connection_made(self, transport: Any) -> None:
        """A client has connected."""
        super().connection_made(transport)
        self.flow: _Flow = _Flow(transport)

    def data_received(self, data: bytes) -> None:
        """Parse `data`, and refuse the connection when it is not HTTP or leads nowhere."""
        if self.phase is Phase.REFUSED:
            self._received += len(data)
            if self._received > self.limits.linger_bytes:
                self.transport.abort()
            return
        self._moved = False
        self._received = len(data)
        try:
            self.parser.feed_data(data)
        except httptools.HttpParserUpgrade:
            # What follows an upgrade is not HTTP; the connection closes after the answer.
            self.flow.hold()
        except httptools.HttpParserError:
            self.fail(*(self._refusal or (400, "This is not HTTP as it should be.")))
        else:
            if self._moved:
                self._stuck_bytes = 0
            else:
                self._stuck_bytes += len(data)
                if self._stuck_bytes > self.limits.head:
                    self._fail_stuck()

    def on_message_begin(self) -> None:
        """The first byte of a request's head."""
        super().on_message_begin()
        self.phase = Phase.HEAD
        self.since = self.loop.time()
        self._moved = True

    def on_url(self, url: bytes) -> None:
        """A piece of the request target."""
        self.url += url
        if len(self.url) > self.limits.request_line:
            self._refuse(414, "The request line is too long.")

    def on_headers_complete(self) -> None:
        """The end of a head: the last chance to refuse before the application starts."""
        if self._received + self._stuck_bytes > self.limits.head:
            self._check_size()
        if b"#" in self.url:
            self._refuse(400, "A request target has no fragment.")
        upgrade = self.parser.should_upgrade()
        if upgrade:
            self._check_upgrade()
        if len(self.pipeline) >= self.limits.pipelined:
            self._refuse(400, "Too many requests at once.")
        super().on_headers_complete()
        if self.pipeline:
            self.flow.hold()
        if upgrade:
            self.cycle.keep_alive = False
        self.headers = _NO_TRAILERS
        self.phase = Phase.BODY
        self._moved = True

    def on_body(self, body: bytes) -> None:
        """A piece of a body."""
        self._moved = True
        super().on_body(body)

    def on_message_complete(self) -> None:
        """The end of a request."""
        self.phase = Phase.BETWEEN
        self._moved = True
        super().on_message_complete()

    def on_response_complete(self) -> None:
        """The end of an answer: the next request in line starts, or the idle time, which the sweeper keeps."""
        self.server_state.total_requests += 1
        if self.phase is Phase.BETWEEN:
            self.since = self.loop.time()
        if self.transport.is_closing():
            return
        if self.pipeline:
            cycle, app = self.pipeline.pop()
            self._start_asgi_task(cycle, app)
        elif self._after_answers is not None:
            self._answer(*self._after_answers)
            return
        if not self.pipeline:
            self.flow.release()

    def fail(self, status: int, text: str) -> None:
        """Refuse and close, but after the answers to earlier requests, or the refusal would pass for one."""
        cycle = self.cycle
        in_body = self.phase is Phase.BODY
        now = self.loop.time()
        if self.phase is Phase.BETWEEN:
            self._began, self._named = now, trace_of(())
        else:
            # What was understood of its head may name the request.
            self._began, self._named = self.since, trace_of(self.scope["headers"])
        self.phase = Phase.REFUSED
        self.since = now
        self._received = 0
        if in_body and self.pipeline and self.pipeline[0][0] is cycle:
            self.pipeline.popleft()
        elif in_body:
            self._fail_running(status, text)
            return
        elif cycle is None or cycle.response_complete:
            self._answer(status, text)
            return
        self._after_answers = (status, text)
        self.flow.hold()

    @property
    def answering_before_refusal(self) -> bool:
        """Whether the connection is refused but still owes answers."""
        return self._after_answers is not None

    def _fail_stuck(self) -> None:
        if self.phase is Phase.BODY:
            self.fail(400, "There is more around the body than in it.")
        else:
            self.fail(431, "The header is too large.")

    def _fail_running(self, status: int, text: str) -> None:
        """The body of the request that the application has at hand is broken."""
        cycle = self.cycle
        if cycle.response_complete:
            self._linger()
            return
        cycle.disconnected = True
        cycle.message_event.set()
        if cycle.response_started:
            self.transport.abort()
        else:
            self._answer(status, text)

    def _check_size(self) -> None:
        size = len(self.url) + sum(len(name) + len(value) + 4 for name, value in self.headers)
        if size > self.limits.head:
            self._refuse(431, "The header is too large.")

    def _check_upgrade(self) -> None:
        """With `Upgrade` the parser takes the body for the next request, so there must be none."""
        if self.parser.get_method() == b"CONNECT":
            self._refuse(400, "This is no proxy.")
        for name, value in self.headers:
            if name == b"transfer-encoding" or (name == b"content-length" and value.strip() != b"0"):
                self._refuse(400, "A request with Upgrade must have no body.")

    def _refuse(self, status: int, text: str) -> NoReturn:
        self._refusal = (status, text)
        raise _Refused

    def _answer(self, status: int, text: str) -> None:
        self._after_answers = None
        self.since = self.loop.time()
        body = f"{HTTPStatus(status).phrase}. {text}\n".encode()
        headers = [
            *self.server_state.default_headers,
            (b"content-type", b"text/plain; charset=utf-8"),
            (b"content-length", b"%d" % len(body)),
            (b"x-request-id", self._named.request_id.encode()),
            (b"connection", b"close"),
        ]
        lines = b"".join(b"%s: %s\r\n" % header for header in headers)
        self.transport.write(b"%s%s\r\n%s" % (STATUS_LINE[status], lines, body))
        told = Answer(OTHER, OTHER, status, self.since - self._began, len(body), self._named)
        for listener in listeners_of(self.config.app):
            listener(told)
        self._linger()

    def _linger(self) -> None:
        """Close for writing and hear the client out: closing over unread data would reset the answer away."""
        if self.transport.can_write_eof():
            self.transport.write_eof()
            self.flow.release()
        else:
            self.transport.close()
