"""A figure, what it is compared with, and whether that is what was aimed at."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import click


@dataclass(frozen=True, slots=True)
class Measure:
    """`goal` is for the ratio to the baseline where there is one, else for the value.

    `p50` and `p99` are the latencies of a load whose value is a rate, in milliseconds.
    """

    measure: str
    value: float
    unit: str
    goal: float | None = None
    baseline: float | None = None
    at_least: bool = True
    p50: float | None = None
    p99: float | None = None

    @property
    def ratio(self) -> float | None:
        """The value in terms of the baseline."""
        return None if self.baseline is None else self.value / self.baseline

    @property
    def ok(self) -> bool | None:
        """Whether the goal is met; None without one."""
        if self.goal is None:
            return None
        compared = self.value if self.ratio is None else self.ratio
        return compared >= self.goal if self.at_least else compared <= self.goal


def show(measures: Sequence[Measure]) -> None:
    """A table for people and, as the last line, JSON for machines."""
    latencies = any(one.p50 is not None for one in measures)
    head = f"{'p50 ms':>8} {'p99 ms':>8} " if latencies else ""
    click.echo(f"{'measure':<52} {'value':>12} {'unit':<9} {head}{'baseline':>10} {'ratio':>7} {'goal':>8}")
    for one in measures:
        baseline = "" if one.baseline is None else f"{one.baseline:,.0f}"
        ratio = "" if one.ratio is None else f"{one.ratio:.2f}"
        goal = "" if one.goal is None else f"{'≥' if one.at_least else '≤'} {one.goal:g}"
        mark = {True: "ok", False: "MISSED", None: ""}[one.ok]
        times = f"{_latency(one.p50)} {_latency(one.p99)} " if latencies else ""
        click.echo(
            f"{one.measure:<52} {one.value:>12,.2f} {one.unit:<9} {times}{baseline:>10} {ratio:>7} {goal:>8}  {mark}"
        )
    click.echo(json.dumps([_fields(one) for one in measures]))


def _latency(milliseconds: float | None) -> str:
    return f"{'' if milliseconds is None else f'{milliseconds:.2f}':>8}"


def _fields(one: Measure) -> dict[str, Any]:
    fields = {
        "measure": one.measure,
        "value": round(one.value, 3),
        "unit": one.unit,
        "baseline": None if one.baseline is None else round(one.baseline, 3),
        "ratio": None if one.ratio is None else round(one.ratio, 3),
        "goal": one.goal,
        "ok": one.ok,
    }
    return fields if one.p50 is None else {**fields, "p50": one.p50, "p99": one.p99}


def percentile(values: Sequence[float], share: float) -> float:
    """The value that `share` of all (0 to 1) do not exceed."""
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(share * len(ordered)))]
