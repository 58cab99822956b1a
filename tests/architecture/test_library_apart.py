"""The eventsourcing library stays in its own package: Parley itself runs without it."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.architecture.checkout import ROOT, modules, parse
from tests.architecture.imports import imports

PORT = Path("eventstore/library")
OURS = "eventstore.library"


def reaches_library(name: str) -> bool:
    return name.partition(".")[0] == "eventsourcing" or name == OURS or name.startswith(f"{OURS}.")


def test_only_the_port_imports_it() -> None:
    breaches = [
        f"{path}:{imported.line}: {imported.name}"
        for path in modules()
        if not path.is_relative_to(PORT)
        for imported in imports(parse(path), path)
        if reaches_library(imported.name)
    ]
    assert breaches == []


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
