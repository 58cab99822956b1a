"""What commands that work on the log share: their option, and how they find it."""

from collections.abc import Iterator
from contextlib import contextmanager

import click

from eventstore.open import log_exists
from eventstore.settings import DEFAULT_DATA, WrongSetting, data_folder, log_url

data_option = click.option(
    "--data", type=click.Path(file_okay=False), help=f"Data folder (PARLEY_DATA, {DEFAULT_DATA})."
)


@contextmanager
def wrong_usage() -> Iterator[None]:
    """A wrong setting is wrong usage."""
    try:
        yield
    except WrongSetting as error:
        raise click.UsageError(str(error)) from error


def existing_log(data: str | None) -> str:
    """The URL of the log that is there. What is wrong with that ends the command."""
    with wrong_usage():
        folder = data_folder(data)
        url = log_url(folder)
    if not log_exists(url):
        raise click.ClickException(
            f"there is no log in {folder}. Name another folder with --data or PARLEY_DATA."
        )
    return url
