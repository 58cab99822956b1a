"""`python -m tests.compose`: get what it takes to run docker-compose.yml: an engine, Compose and images."""

import sys

import click

from tests.compose.compose import GENERATIONS, install_compose
from tests.compose.engine import Engine
from tests.compose.standins import build_standins
from tests.services.errors import ServiceError
from tests.services.files import cache_folder, locked


def install() -> None:
    """Raises NotInstalled."""
    Engine.install()
    for generation in GENERATIONS:
        install_compose(generation)


def main() -> int:
    folder = cache_folder() / "docker"
    try:
        install()
        with locked(folder.with_suffix(".lock")), Engine(folder) as engine:
            build_standins(engine)
            click.echo(engine.docker("images"), nl=False)
            engine.stop()
    except ServiceError as error:
        click.echo(f"tests.compose: {error}", err=True)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
