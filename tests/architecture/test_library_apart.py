"""The eventsourcing library stays in its own package: Parley itself runs without it."""

import ast
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.architecture.checkout import ROOT, modules, parse
from tests.architecture.imports import imports

PORT = Path("eventstore/library")
OURS = "eventstore.library"


def library_outside_port(tree: ast.Module, path: Path) -> Iterator[str]:
    for imported in imports(tree, path):
        if not path.is_relative_to(PORT) and f"{imported.name}.".startswith(("eventsourcing.", f"{OURS}.")):
            yield f"{path}:{imported.line}: {imported.name} is imported only below {PORT}"


def test_only_the_port_imports_it() -> None:
    breaches = [breach for path in modules() for breach in library_outside_port(parse(path), path)]

    assert not breaches, "\n".join(breaches)


@pytest.mark.parametrize(
    "source",
    [
        "import eventsourcing.persistence",
        "from eventstore import library",
        "def late():\n    from .library.facts import ParleyFacts",
    ],
)
def test_the_rule_notices_a_breach(source: str) -> None:
    tree = ast.parse(source)

    assert list(library_outside_port(tree, Path("eventstore/appender.py")))
    assert not list(library_outside_port(tree, PORT / "factory.py"))


@pytest.mark.parametrize(
    ("statements", "unwanted"),
    [
        ("import parley.cli, parley.serve", "eventsourcing"),
        ("import eventstore.library, eventstore.library.facts", "pymysql"),
        (
            "from eventstore.library import LibraryFactory\n"
            "LibraryFactory({'PARLEY_LIBRARY_URL': 'sqlite:///library.db'}).process_recorder().subscribe().stop()",
            "pymysql",
        ),
    ],
)
def test_a_program_loads_only_what_it_uses(statements: str, unwanted: str, tmp_path: Path) -> None:
    script = f"import sys\n{statements}\nsys.exit({unwanted!r} in sys.modules)"
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    result = subprocess.run(
        [sys.executable, "-c", script],
        cwd=tmp_path,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    assert (result.returncode, result.stderr) == (0, "")
