"""Somebody who knows nothing but `/openapi.json`: schemathesis, with the little that a client has to take care of.

This module is also the one that schemathesis loads for its hooks.
"""

import itertools
import os
import re
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

import schemathesis

from tests.support.server import environment

_POSITION = re.compile("0|[1-9][0-9]{0,17}", re.ASCII)
_COMMAND_KEY = re.compile("[!-~]{1,200}", re.ASCII)
_NUMBERS = itertools.count(1)
_NONE = "none"
_CONFIG = Path(__file__).with_suffix(".toml")


class _Told:
    position = 0


def try_all(
    url: str, key: str | None, *options: str, phases: str = "examples,coverage,fuzzing,stateful", most: int
) -> None:
    """Run the phases with all checks against a server with that admin key, or none; `most` examples an operation.

    Fails with all that was found.
    """
    command = [sys.executable, "-m", "schemathesis.cli", "--config-file", str(_CONFIG), "run"]
    told = ["--phases", phases, "--max-examples", str(most), "--no-color", "--continue-on-failure"]
    # It leaves a folder where it runs, of what it has found.
    with tempfile.TemporaryDirectory() as folder:
        played = subprocess.run(
            [*command, f"{url}/openapi.json", *told, *options],
            cwd=folder,
            env=environment(
                SCHEMATHESIS_HOOKS="tests.support.stranger", STRANGERS_KEY=key or _NONE, PYTHONUTF8="1"
            ),
            text=True,
            capture_output=True,
            check=False,
        )
    assert played.returncode == 0, played.stdout + played.stderr


@schemathesis.hook
def before_load_schema(_context: Any, raw_schema: Any) -> None:
    """Where there is no admin key, nobody needs one."""
    if os.environ["STRANGERS_KEY"] == _NONE:
        for item in raw_schema["paths"].values():
            for operation in item.values():
                operation["security"] = []


@schemathesis.hook
def before_call(_context: Any, case: Any, **_: Any) -> None:
    """Name each request anew, and ask for no position that there is not yet: that would be waited for."""
    key = case.headers.get("Idempotency-Key")
    if isinstance(key, str) and _COMMAND_KEY.fullmatch(key):
        case.headers["Idempotency-Key"] = f"{key}-{next(_NUMBERS)}"
    if case.method != "GET":
        return
    for container, name in ((case.headers, "Min-Log-Position"), (case.query, "min_position")):
        value = None if container is None else container.get(name)
        if _POSITION.fullmatch(str(value)) and int(str(value)) > _Told.position:
            container[name] = str(_Told.position)
    if "Min-Log-Position" not in case.headers and case.operation.path.startswith("/applications"):
        case.headers["Min-Log-Position"] = str(_Told.position)


@schemathesis.hook
def after_call(_context: Any, _case: Any, response: Any) -> None:
    """Note how far the log is, to read what was written."""
    for position in response.headers.get("log-position", ()):
        _Told.position = max(_Told.position, int(position))
