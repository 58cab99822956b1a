"""Collects what all rooms find."""

from collections.abc import Callable, Mapping
from functools import partial
from pathlib import Path
from typing import NamedTuple

from engines.finding import Finding
from eventstore.clock import system_clock
from eventstore.open import bus_findings, log_exists, log_findings
from eventstore.settings import WrongSetting, bus_url
from parley.doctor.followers import follower_findings
from parley.doctor.machine import machine_findings
from parley.doctor.variables import value_findings, variable_findings
from projections import places as at
from projections.places import BUS, LOG, SEARCH, TABLES, WORDS, Places
from projections.projectors import PROJECTIONS
from projections.question import Question
from projections.readmodel.open import search_findings, tables_findings, words_findings
from projections.settings import projection_settings, redis_url
from projections.status import Status
from projections.survey import survey

SECONDS = 5.0
_RIGHTS = "Give Parley's account there the rights to look, and ask again."


class Examined(NamedTuple):
    """What was found, and what `parley status` says, in which the servers and their versions are."""

    findings: list[Finding]
    status: Status


def examine(data: str | None, environment: Mapping[str, str]) -> Examined:
    """Look everywhere, for a few seconds each; a place that can't be asked is a finding."""
    found = [*variable_findings(environment), *value_findings(data)]
    try:
        where = projection_settings(data)
        places = Places(where.log_url, where.read_url, where.search_url, bus_url(), redis_url())
    except WrongSetting:
        # It is among the findings, and leaves nothing to look at.
        return Examined(found, {"servers": []})
    there = _look(places, where.data)
    return Examined([*found, *there.findings], there.status)


def _look(places: Places, data: Path) -> Examined:
    status = survey(places, tuple(PROJECTIONS), system_clock)
    questions = {place: Question(ask, SECONDS) for place, ask in _checks(places, status).items()}
    found = [*machine_findings(data), *follower_findings(status)]
    if not log_exists(places.log_url):
        found = [_no_log(data), *(one for one in found if one.place != LOG)]
    known = {finding.place for finding in found}
    for place, question in questions.items():
        findings, error = question.heard()
        found += findings or []
        # One that is away has been found already.
        if error and place not in known:
            found.append(Finding("error", place, f"it could not be examined: {error}", _RIGHTS))
    return Examined(found, status)


def _no_log(data: Path) -> Finding:
    cure = (
        "Name another folder with --data or PARLEY_DATA; `parley serve` and `parley migrate` make a new one."
    )
    return Finding("error", LOG, f"there is no log in {data}", cure)


def _checks(places: Places, status: Status) -> dict[str, Callable[[], list[Finding]]]:
    live = {one["name"]: one["generation"] for one in status["projections"]}
    return {
        LOG: partial(log_findings, LOG, places.log_url, SECONDS),
        TABLES: partial(tables_findings, TABLES, places.read_url, SECONDS),
        SEARCH: partial(search_findings, SEARCH, places.search_url, SECONDS, live["search"]),
        BUS: lambda: bus_findings(BUS, places.bus_url, _followers(places)),
        WORDS: partial(words_findings, WORDS, places.redis_url, SECONDS),
    }


def _followers(places: Places) -> list[str]:
    """As the queues are named after them."""
    if not places.bus_url.startswith("amqp:"):
        return []
    return [f"{name}.{at.registered(places, name)[1]}" for name in PROJECTIONS]
