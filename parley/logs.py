"""Where the lines of the log go and what they look like: for all processes, in this one place."""

import logging
import re
import sys
from collections.abc import MutableMapping
from datetime import UTC, datetime
from functools import partial
from time import time
from typing import Any

import orjson
import structlog

from parley.lines import LONGEST, Lines
from web.observing import Answer, Listener
from web.trace import current

JSON = "json"
TEXT = "text"
SHORT = 100
"""Characters of a field that stay when a line is too long to be written at once."""
_LEFT_OUT = " [cut] "

# What ends a line, steers a terminal or turns the direction of text. JSON escapes only some of it.
_STEERING = re.compile("[\x00-\x1f\x7f-\x9f\u2028-\u202e\u2066-\u2069]")
_OUTSIDE_ASCII = re.compile("[\x7f-\x9f\u2028-\u202e\u2066-\u2069\ud800-\udfff]")


def harmless(text: str) -> str:
    """`text` in one line, in which nothing steers a terminal (X31)."""
    return _STEERING.sub(_escaped, text).encode("utf-8", "backslashreplace").decode()


def configure(form: str) -> None:
    """Have everything logged on stderr in that form, JSON or TEXT."""
    root = logging.getLogger()
    lines = Lines(sys.stderr.fileno(), _lost_json if form == JSON else _lost_text)
    handler = _ToLines(lines)
    handler.setFormatter(_json_formatter() if form == JSON else _TextFormatter())
    root.handlers[:] = [handler]
    root.setLevel(logging.INFO)


def access_lines() -> Listener:
    """What writes one line for each answer, in the form that was configured; silent before that.

    Made by hand: each request pays for it, and by way of `logging` and its formatter it would pay ten times that.
    """
    for handler in logging.getLogger().handlers:
        if isinstance(handler, _ToLines):
            put = handler.lines.put
            line = _access_text if isinstance(handler.formatter, _TextFormatter) else _access_json
            return lambda answer: put(partial(line, answer, time()))
    return lambda _: None


def dropped_lines() -> int:
    """How many lines this process could not keep for a reader that is too slow, or not make."""
    handlers = (handler for handler in logging.getLogger().handlers if isinstance(handler, _ToLines))
    return sum(handler.lines.dropped + handler.lines.failed for handler in handlers)


class _ToLines(logging.Handler):
    """Also what is serious enough to end the process waits its turn: `Lines` writes the rest at its exit."""

    def __init__(self, lines: Lines) -> None:
        super().__init__()
        self.lines = lines

    def emit(self, record: logging.LogRecord) -> None:
        try:
            self.lines.put((self.format(record) + "\n").encode())
        except Exception:  # noqa: BLE001 - as every handler does: what can't be logged is not the caller's concern
            self.handleError(record)

    def flush(self) -> None:
        self.lines.flush()


class _TextFormatter(logging.Formatter):
    """For people: the traceback of an error stands indented below its line."""

    def format(self, record: logging.LogRecord) -> str:
        when = datetime.fromtimestamp(record.created).strftime("%Y-%m-%d %H:%M:%S")
        line = (
            f"{when},{int(record.msecs):03d} {record.levelname} {record.name} {harmless(record.getMessage())}"
        )
        if (trace := current.get()) is not None:
            line += f" request={trace.request_id} trace={trace.trace_id}"
        elif "trace_id" in record.__dict__:
            line += f" request={record.__dict__['request_id']} trace={record.__dict__['trace_id']}"
        if record.exc_info:
            told = self.formatException(record.exc_info)
            line += "".join(f"\n    {harmless(each)}" for each in told.split("\n"))
        return line


def _json_formatter() -> logging.Formatter:
    return structlog.stdlib.ProcessorFormatter(
        foreign_pre_chain=[
            structlog.stdlib.add_log_level,
            structlog.stdlib.add_logger_name,
            structlog.stdlib.ExtraAdder(("request_id", "trace_id", "traceparent")),
        ],
        processors=[
            _add_time,
            _add_trace,
            structlog.processors.format_exc_info,
            structlog.stdlib.ProcessorFormatter.remove_processors_meta,
            structlog.processors.JSONRenderer(serializer=_dumps),
        ],
    )


def _add_time(_logger: Any, _method: str, fields: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    return {"timestamp": _at(fields["_record"].created), **fields}


def _add_trace(_logger: Any, _method: str, fields: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    if (trace := current.get()) is not None:
        fields.setdefault("request_id", trace.request_id)
        fields.setdefault("trace_id", trace.trace_id)
    return fields


def _dumps(fields: Any, **_: Any) -> str:
    try:
        text = orjson.dumps(fields, default=str).decode()
    except orjson.JSONEncodeError:
        # A lone surrogate is all that a text can have against it.
        fields = {name: harmless(str(value)) for name, value in fields.items()}
        text = orjson.dumps(fields).decode()
    text = _OUTSIDE_ASCII.sub(_escaped, text)
    if len(text.encode()) < LONGEST:
        return text
    return _dumps({name: _shorter(value) for name, value in fields.items()})


def _shorter(value: Any) -> str:
    """Without the middle: a traceback tells most at its ends."""
    text = str(value)
    if len(text) <= SHORT:
        return text
    part = max(SHORT - len(_LEFT_OUT), len(text) * 2 // 3 - len(_LEFT_OUT)) // 2
    return f"{text[:part]}{_LEFT_OUT}{text[-part:]}"


def _escaped(found: re.Match[str]) -> str:
    return f"\\u{ord(found[0]):04x}"


def _at(seconds: float) -> str:
    return datetime.fromtimestamp(seconds, UTC).isoformat(timespec="microseconds").replace("+00:00", "Z")


def _access_json(answer: Answer, at: float) -> bytes:
    return orjson.dumps(
        {
            "timestamp": datetime.fromtimestamp(at, UTC),
            "level": "info",
            "logger": "access",
            "event": "request",
            "method": answer.method,
            "route": answer.route,
            "status": answer.status,
            "duration_ms": round(answer.seconds * 1000, 3),
            "bytes": answer.sent,
            "request_id": answer.trace.request_id,
            "trace_id": answer.trace.trace_id,
        },
        option=orjson.OPT_UTC_Z | orjson.OPT_APPEND_NEWLINE,
    )


def _access_text(answer: Answer, at: float) -> bytes:
    when = datetime.fromtimestamp(at)
    return (
        f"{when:%Y-%m-%d %H:%M:%S},{when.microsecond // 1000:03d} INFO access {answer.method} {answer.route}"
        f" {answer.status} {answer.seconds * 1000:.1f} ms {answer.sent} bytes"
        f" request={answer.trace.request_id} trace={answer.trace.trace_id}\n"
    ).encode()


def _lost_json(count: int) -> bytes:
    fields = {"timestamp": datetime.now(UTC), "level": "warning", "logger": "parley.logs"}
    told = {**fields, "event": "lines of the log were dropped: their reader is too slow", "dropped": count}
    return orjson.dumps(told, option=orjson.OPT_UTC_Z | orjson.OPT_APPEND_NEWLINE)


def _lost_text(count: int) -> bytes:
    return f"{count} lines of the log were dropped: their reader is too slow\n".encode()
