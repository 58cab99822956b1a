"""`python -m tests.support.program COMMAND …`: a process of its own that a test can kill at a crash point."""

import os
from contextlib import closing

import click

from commands.cli import COMMANDS as KEY_COMMANDS
from eventstore.cli import COMMANDS as LOG_COMMANDS
from eventstore.crashpoints import arm
from eventstore.inprocess_bus import InProcessBus
from eventstore.open import open_log
from projections.cli import COMMANDS as PROJECTION_COMMANDS
from projections.follower import Follower
from projections.projectors import PROJECTIONS
from projections.readmodel.open import open_control
from projections.settings import projection_settings
from projections.tail import Tail
from tests.support.waiting import until


@click.command()
@click.argument("name")
@click.option("--data")
def follow(name: str, data: str) -> None:
    """Follow until the head is reached."""
    settings = projection_settings(data)
    with (
        closing(open_log(settings.log_url)) as log,
        closing(open_control(settings.read_url, settings.search_url)) as control,
    ):
        ear = InProcessBus().subscribe(name)
        follower = Follower(name, Tail(log), control, PROJECTIONS[name], ear)
        follower.start()
        until(lambda: follower.state.position == log.head(), "the head")
        follower.stop()


program = click.Group("parley", commands=[*LOG_COMMANDS, *KEY_COMMANDS, *PROJECTION_COMMANDS, follow])

if __name__ == "__main__":
    arm(os.environ.get("PARLEY_CRASHPOINT"))
    program()
