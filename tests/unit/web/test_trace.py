"""Names of requests, taken from their headers or made."""

import pytest

from web.trace import Trace, trace_of

TRACE = "0af7651916cd43dd8448eb211c80319c"
PARENT = f"00-{TRACE}-b7ad6b7169203331-01"


def named(*values: bytes) -> Trace:
    return trace_of([(b"x-request-id", value) for value in values])


def begun(*values: str) -> bool:
    """Whether a trace of its own is begun for a request with these `traceparent`s."""
    trace = trace_of([(b"traceparent", value.encode()) for value in values])
    assert len(trace.traceparent) == 55
    return trace.trace_id != TRACE


@pytest.mark.parametrize("value", [b"a", b"!" * 128, b'{"id":1}', b"~"])
def test_a_request_id_is_taken_as_it_is(value: bytes) -> None:
    assert named(value).request_id == value.decode()


@pytest.mark.parametrize(
    "value", [b"", b"a" * 129, b"a b", b"a\x1b[31m", b"caf\xc3\xa9", b"a\r\nb", b"a\x7f"]
)
def test_x31_any_other_request_id_is_made_anew(value: bytes) -> None:
    made = named(value)
    assert made.request_id != value.decode("latin-1")
    assert made.request_id == made.traceparent[36:52]


def test_two_request_ids_are_none() -> None:
    assert named(b"a", b"b").request_id not in ("a", "b")


def test_a_trace_goes_on_with_a_span_of_its_own() -> None:
    trace = trace_of([(b"traceparent", PARENT.encode())])
    assert trace.trace_id == TRACE
    assert trace.traceparent[36:52] != PARENT[36:52]
    assert trace.traceparent.endswith("-01")


@pytest.mark.parametrize(
    "value", [PARENT, PARENT.replace("00-", "cc-", 1), f"cc{PARENT[2:]}-more", f" {PARENT} "]
)
def test_traces_that_go_on(value: str) -> None:
    assert not begun(value)


@pytest.mark.parametrize(
    "value",
    [
        "",
        PARENT.upper(),
        f"ff{PARENT[2:]}",
        f"{PARENT}-more",
        f"cc{PARENT[2:]}more",
        PARENT.replace(TRACE, "0" * 32),
        PARENT.replace("b7ad6b7169203331", "0" * 16),
        PARENT[:-1],
        f"{PARENT}\x1b[31m",
    ],
)
def test_traces_that_are_begun_anew(value: str) -> None:
    assert begun(value)


def test_two_parents_are_none() -> None:
    assert begun(PARENT, PARENT)
