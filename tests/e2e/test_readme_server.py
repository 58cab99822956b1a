"""The README's way to a log on a server, typed as it stands there."""

import os
import re
import signal
import subprocess
from pathlib import Path

from tests.support.server import ROOT, environment
from tests.support.services import services_in


def block() -> str:
    """The lines under "On MySQL or MariaDB"."""
    section = (ROOT / "README.md").read_text(encoding="utf-8").partition("## On MySQL or MariaDB")[2]
    found = re.search(r"```sh\n(.*?)```", section, re.DOTALL)
    assert found is not None
    return found[1]


def test_the_readmes_lines_lead_to_a_server(tmp_path: Path) -> None:
    lines = block()
    assert [line.split("#")[0].strip() for line in lines.splitlines()][-2:] == [
        "bin/parley migrate",
        "bin/parley serve",
    ]
    settings = environment(
        PARLEY_SERVICES=str(tmp_path / "services"), PARLEY_DATA=str(tmp_path / "data"), PARLEY_PORT="0"
    )
    with (
        services_in(tmp_path / "services"),
        (tmp_path / "said").open("w") as said,
        subprocess.Popen(
            ["bash", "-e", "-c", lines],
            cwd=ROOT,
            env=settings,
            stdout=subprocess.PIPE,
            stderr=said,
            text=True,
            start_new_session=True,
        ) as shell,
    ):
        assert shell.stdout is not None
        try:
            printed = []
            while not (printed and printed[-1].startswith("Stop")):
                line = shell.stdout.readline()
                assert line, (printed, (tmp_path / "said").read_text())
                printed.append(line)
        finally:
            os.killpg(shell.pid, signal.SIGTERM)
        assert any(line.startswith("Parley serves http://127.0.0.1:") for line in printed)
    # The log is not in the data folder: it is where PARLEY_LOG_URL says.
    assert not (tmp_path / "data" / "log.db").exists()
