"""The dependency rule holds, and what watches it notices a breach."""

import ast
import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.architecture import rules
from tests.architecture.checkout import ROOMS, ROOT, modules, parse

Rule = Callable[[ast.Module, Path], Iterator[str]]
RULES = [
    rules.driver_outside_adapter,
    rules.adapter_not_through_open,
    rules.environment_read,
    rules.measured_elsewhere,
    rules.work_at_import,
]

LINT = "from importlinter.cli import lint_imports_command; lint_imports_command(['--no-cache', '--no-logo'])"


def lint(checkout: Path) -> subprocess.CompletedProcess[str]:
    environment = {**os.environ, "PYTHONPATH": str(checkout), "COLUMNS": "200"}
    command = [sys.executable, "-c", LINT]
    return subprocess.run(command, cwd=checkout, env=environment, capture_output=True, text=True, check=False)


def test_contracts_are_kept() -> None:
    result = lint(ROOT)

    assert result.returncode == 0, result.stdout + result.stderr


PLANTED = [
    ("eventstore", "import web", "eventstore imports no other room"),
    ("commands", "import queries", "commands imports only eventstore and web"),
    (
        "commands.domain",
        "import commands.planted_sibling",
        "commands.domain imports only the intents and the facts",
    ),
    ("commands.domain", "import eventstore.log", "commands.domain imports only the intents and the facts"),
    ("projections", "import web", "projections never imports commands, queries or web"),
    (
        "projections.readmodel",
        "import projections.planted_sibling",
        "projections.readmodel imports only itself",
    ),
    ("queries", "import eventstore", "queries never reaches the log or the commands"),
    ("queries", "import web.planted_way_in", "queries never reaches the log or the commands"),
    ("queries", "import projections.planted_sibling", "queries enters projections only by the read model"),
    ("web", "import commands", "web imports no other room"),
    *[(room, "import parley", "imports no other room") for room in ("engines", "eventstore", "web")],
]


@pytest.mark.parametrize(("package", "statement", "contract"), PLANTED)
def test_linter_notices_a_planted_import(tmp_path: Path, package: str, statement: str, contract: str) -> None:
    for room in ROOMS:
        shutil.copytree(ROOT / room, tmp_path / room, ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copy(ROOT / "setup.cfg", tmp_path)
    for room in ("commands", "projections"):
        (tmp_path / room / "planted_sibling.py").touch()
    (tmp_path / "web" / "planted_way_in.py").write_text("import eventstore\n")
    (tmp_path / package.replace(".", "/") / "planted.py").write_text(f"def late():\n    {statement}\n")

    result = lint(tmp_path)

    assert result.returncode == 1, result.stdout + result.stderr
    broken = [line for line in result.stdout.splitlines() if "BROKEN" in line]
    assert any(contract in line for line in broken), result.stdout + result.stderr


@pytest.mark.parametrize("rule", RULES)
def test_rule_holds_in_every_module(rule: Rule) -> None:
    breaches = [breach for path in modules() for breach in rule(parse(path), path)]

    assert not breaches, "\n".join(breaches)


@pytest.mark.parametrize(
    ("rule", "path", "source"),
    [
        (rules.driver_outside_adapter, "eventstore/log.py", "import sqlite3"),
        (rules.driver_outside_adapter, "eventstore/mysql_log.py", "def f():\n    from sqlite3 import Row"),
        (rules.driver_outside_adapter, "eventstore/bus.py", "import_module('kombu.pools')"),
        (
            rules.adapter_not_through_open,
            "eventstore/appender.py",
            "def f():\n    from .sqlite_log import Log",
        ),
        (rules.adapter_not_through_open, "eventstore/open.py", "from eventstore import sqlite_log"),
        (rules.adapter_not_through_open, "eventstore/mysql_log.py", "import eventstore.sqlite_log"),
        (rules.environment_read, "web/guards.py", "import os\nHOST = os.environ['HOST']"),
        (rules.environment_read, "web/guards.py", "from os import getenv"),
        (rules.environment_read, "web/guards.py", "from environs import Env"),
        (rules.measured_elsewhere, "parley/server.py", "from prometheus_client import Counter"),
        (rules.work_at_import, "parley/cli.py", "import sys\nsys.setswitchinterval(0.001)"),
    ],
)
def test_rule_notices_a_breach(rule: Rule, path: str, source: str) -> None:
    assert list(rule(ast.parse(source), Path(path)))


@pytest.mark.parametrize(
    ("rule", "path", "source"),
    [
        (rules.driver_outside_adapter, "eventstore/sqlite_log.py", "import sqlite3"),
        (
            rules.adapter_not_through_open,
            "eventstore/open.py",
            "def f():\n    from eventstore import sqlite_log",
        ),
        (rules.adapter_not_through_open, "eventstore/sqlite_writer.py", "from .sqlite_log import X"),
        (rules.adapter_not_through_open, "eventstore/open.py", "from eventstore.settings import mysql_url"),
        (rules.environment_read, "web/settings.py", "from environs import Env"),
        (rules.measured_elsewhere, "parley/metrics/http.py", "from prometheus_client import Counter"),
        (rules.work_at_import, "web/text.py", '"""Docs."""\nimport re\nWORD = re.compile("a")'),
    ],
)
def test_rule_allows_what_is_right(rule: Rule, path: str, source: str) -> None:
    assert not list(rule(ast.parse(source), Path(path)))


def test_importing_queries_loads_nothing_of_the_write_side() -> None:
    """A package's own __init__ runs too, which import-linter does not follow."""
    names = [
        ".".join(path.with_suffix("").parts).removesuffix(".__init__")
        for path in modules()
        if path.parts[0] == "queries" and path.name not in rules.STARTS_AT_IMPORT
    ]
    unwanted = {"eventstore", "commands", "parley", *rules.DRIVERS}
    script = (
        "import importlib, sys\n"
        f"for name in {names!r}: importlib.import_module(name)\n"
        f"sys.exit(' '.join({unwanted!r} & set(sys.modules)))"
    )
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    command = [sys.executable, "-c", script]
    result = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)

    assert result.stderr.strip() == ""
