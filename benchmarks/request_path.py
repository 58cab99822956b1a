"""Where each microsecond of a POST goes: its steps one by one, compared with what a worker uses for it."""

from collections.abc import Iterator

import uvloop

from benchmarks.append_side import append_side
from benchmarks.measure import Measure
from benchmarks.request_side import request_side
from benchmarks.site import BODY


def request_path(url: str, paths: list[str], batch: int, nothing: float, whole: float) -> list[Measure]:
    """`nothing` and `whole` are the CPU that a worker uses for a no-op and for a POST, in microseconds."""
    parts = uvloop.run(_parts(url, paths, batch))
    steps = list(_steps(parts, nothing))
    known = sum(microseconds for _, microseconds in steps)
    steps.append(("hand-overs between the threads, garbage, caches: the rest", whole - known))
    return [
        *[Measure(f"of a POST: {what}", microseconds, "µs", baseline=whole) for what, microseconds in steps],
        Measure("of a POST: all that", whole, "µs"),
        Measure("messages in a batch, above", batch, "messages"),
    ]


async def _parts(url: str, paths: list[str], batch: int) -> dict[str, float]:
    return {**await request_side(paths[0], BODY.encode()), **await append_side(url, paths, batch)}


def _steps(parts: dict[str, float], nothing: float) -> Iterator[tuple[str, float]]:
    """They add up."""
    yield "HTTP: parse, task, bytes of the answer", parts["server"]
    yield "guard", parts["guard"]
    yield "framework, of a no-op", parts["framework"]
    yield (
        "kernel and loop: the rest of a no-op",
        nothing - parts["server"] - parts["guard"] - parts["framework"],
    )
    yield "strict JSON", parts["json"]
    yield "validation", parts["validation"]
    yield "intent and handler", parts["handler"]
    yield "answer: number and headers", parts["answer"]
    resource = parts["json"] + parts["validation"] + parts["handler"] + parts["answer"]
    yield "route, body and the rest of the resource", parts["resource"] - resource
    yield "queue, future, timer", parts["queue"]
    yield "rules", parts["rules"]
    yield "numbers and stored bytes", parts["view"]
    yield "locks: SQL text", parts["locks text"]
    yield "locks: PyMySQL and rows", parts["locks"] - parts["locks text"]
    yield "insert: SQL text", parts["insert text"]
    yield "insert and COMMIT: PyMySQL", parts["insert"] - parts["insert text"]
    inside = parts["rules"] + parts["view"] + parts["locks"] + parts["insert"]
    yield "rest of the group commit", parts["commit"] - inside
