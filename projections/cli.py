"""The commands that look after the projections; `parley` shows them as its own."""

from collections.abc import Iterator
from functools import partial
from typing import Any

import click

from eventstore.clock import system_clock
from eventstore.errors import LogUnavailable
from eventstore.open import migrate_log
from projections.collector import collect_seldom
from projections.console import (
    answer,
    data_option,
    everything,
    failing,
    json_option,
    opened,
    page_width,
    settings_of,
)
from projections.jobs import recount as recount_all
from projections.meter import Meter
from projections.projectors import PROJECTIONS
from projections.readmodel.errors import ReadModelUnavailable
from projections.readmodel.open import open_control
from projections.replay import BATCH
from projections.replay import replay as replay_one
from projections.replay import rollback as rollback_one
from projections.status_table import lines as status_lines
from projections.survey import all_needed_answer, survey
from projections.swap import Swapped
from projections.verification.findings import Found, counted
from projections.verification.projection import verify_projection
from projections.verify import verify as verify_all

NAMES = tuple(PROJECTIONS)


@click.command()
@click.argument("name", type=click.Choice([*NAMES, "all"]))
@click.option("--verify", "verifies", is_flag=True, help="Afterwards, compare what is live now with the log.")
@click.option(
    "--batch", type=click.IntRange(1, 100_000), default=BATCH, show_default=True, help="Events at a time."
)
@click.option("--afresh", is_flag=True, help="Do not resume an unfinished replay.")
@data_option
@json_option
def replay(name: str, verifies: bool, batch: int, afresh: bool, data: str | None, as_json: bool) -> None:
    """Rebuild a projection from the log beside the live one, then swap.

    A server may be running on the same folder; its readers see the old state or the new one, never a mix.
    Killed, it resumes when it is run again. `parley rollback` leads back.

    Example: parley replay tables --verify
    """
    collect_seldom()
    swapped, findings = [], Found([], 0)
    with opened(data) as (tail, control), Meter() as meter:
        for each in NAMES if name == "all" else (name,):
            try:
                done = replay_one(
                    control,
                    tail,
                    each,
                    batch=batch,
                    afresh=afresh,
                    on_progress=partial(meter, f"replay {each}"),
                )
            except (LogUnavailable, ReadModelUnavailable) as error:
                raise click.ClickException(f"{error}. Run it again: it resumes.") from error
            swapped.append(done)
            if verifies:
                found = verify_projection(control, tail, each, partial(meter, f"verify {each}"))
                findings = findings.plus(counted(found))
    result = {"replayed": [one._asdict() for one in swapped]} | (_found(findings) if verifies else {})
    answer(result, as_json, _replayed(swapped, findings, verifies))
    _exit(findings.total)


@click.command()
@click.argument("name", type=click.Choice(NAMES))
@data_option
@json_option
def rollback(name: str, data: str | None, as_json: bool) -> None:
    """Go back to the generation before the live one; it is caught up first, so nothing is lost.

    Example: parley rollback tables
    """
    with opened(data) as (tail, control), Meter() as meter:
        done = rollback_one(control, tail, name, on_progress=partial(meter, f"rollback {name}"))
    answer(done._asdict(), as_json, iter([_live(done)]))


@click.command()
@click.option("--fast", is_flag=True, help="Only the log's positions and the counters.")
@data_option
@json_option
def verify(fast: bool, data: str | None, as_json: bool) -> None:
    """Check the log itself, then every projection against it; exit code 1 and a list if something differs.

    A server may be running on the same folder. Nothing is repaired: `parley replay` does that.

    Example: parley verify --json
    """
    with opened(data) as (tail, control), Meter() as meter:
        head = tail.log.head()
        found = counted(verify_all(control, tail, NAMES, fast=fast, on_progress=meter))
    answer(
        {"head": head} | _found(found), as_json, _listed(found, f"the log up to {head}, {', '.join(NAMES)}")
    )
    _exit(found.total)


@click.command()
@click.option("--repair", is_flag=True, help="Put right what has drifted.")
@data_option
@json_option
def recount(repair: bool, data: str | None, as_json: bool) -> None:
    """Count chats and messages again and show where the counters differ; exit code 1 if some still do.

    The server does the same, with repair, every 30 minutes.

    Example: parley recount --repair
    """
    with opened(data) as (_, control):
        drifts = recount_all(control, NAMES, repair=repair)
    result = {
        "repaired": repair,
        "drifts": [{"projection": name} | drift._asdict() for name, drift in drifts],
    }
    done = "put right" if repair else "found"
    answer(
        result,
        as_json,
        iter(
            [
                *(f"{name}: {d.thing} was {d.kept}, counted {d.counted}" for name, d in drifts),
                f"{len(drifts)} drifted counters {done}",
            ]
        ),
    )
    _exit(0 if repair else len(drifts))


@click.command()
@data_option
@json_option
def status(data: str | None, as_json: bool) -> None:
    """Show the log's head, how far each projection is, and which servers there are.

    Exit code 1 if the log or the read tables do not answer within a few seconds; what the others say is shown anyway.

    Example: parley status --json
    """
    found = survey(everything(data), NAMES, system_clock)
    answer(found, as_json, status_lines(found, page_width()))
    _exit(not all_needed_answer(found))


@click.command()
@data_option
def migrate(data: str | None) -> None:
    """Make the log and the read models, or bring them to this program's format; safe to run twice.

    Example: parley migrate --data ./parley-data
    """
    settings = settings_of(data)
    with failing():
        migrate_log(settings.log_url)
        control = open_control(settings.read_url, settings.search_url)
        for name in NAMES:
            control.upgrade(name)
        control.close()
    click.echo(f"Ready: {settings.data}")


COMMANDS: tuple[click.Command, ...] = (migrate, replay, rollback, verify, recount, status)
"""What this room adds to the command line."""


def _exit(problems: int) -> None:
    if problems:
        raise click.exceptions.Exit(1)


def _found(found: Found) -> dict[str, Any]:
    return {"findings": [one._asdict() for one in found.first], "total": found.total}


def _live(done: Swapped) -> str:
    return f"{done.name}: generation {done.generation} is live from position {done.position} on"


def _replayed(swapped: list[Swapped], findings: Found, verifies: bool) -> Iterator[str]:
    for done in swapped:
        yield _live(done) + (f" (resumed at {done.resumed_at})" if done.resumed_at else "")
    if verifies:
        yield from _listed(findings, ", ".join(done.name for done in swapped))


def _listed(found: Found, what: str) -> Iterator[str]:
    for one in found.first:
        yield f"{one.place}: {one.detail}"
    if found.total > len(found.first):
        yield f"and {found.total - len(found.first)} more"
    yield f"{found.total} findings in {what}"
