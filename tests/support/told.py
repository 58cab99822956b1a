"""`python -m tests.support.told FILE serve|command-api`: that process, told the time and the next token by a file."""

import logging
from functools import partial
from pathlib import Path

import click

from parley import command_api, embedded
from parley.serve import serve
from parley.settings import api_settings
from parley.sources import Sources


class Told:
    """The file, as both see it: a test tells before each command, the processes look while they handle it."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def tell(self, now: int, token: str) -> None:
        """For the next command: microseconds since 1970, and 43 characters."""
        self._path.write_text(f"{now} {token}", encoding="ascii")

    def clock(self) -> int:
        return int(self._read()[0])

    def new_token(self) -> str:
        return self._read()[1]

    def _read(self) -> list[str]:
        return self._path.read_text(encoding="ascii").split()


@click.command()
@click.argument("path", type=click.Path(path_type=Path))
@click.argument("role", type=click.Choice(["serve", "command-api"]))
def main(path: Path, role: str) -> None:
    """Settings come from the environment, as those of the real program do."""
    told = Told(path)
    sources = Sources(told.clock, told.new_token)
    if role == "serve":
        serve(api_settings(), partial(embedded.build, sources=sources))
    else:
        command_api.run(api_settings(), logging.warning, sources)


if __name__ == "__main__":
    main()
