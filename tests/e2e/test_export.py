"""What git exports serves by itself: nothing that an installation or a test run leaves in a checkout is needed."""

import json
import subprocess
import tarfile
import urllib.request
from io import BytesIO
from pathlib import Path

from parley import __version__
from tests.support.server import ROOT, Server


def test_an_export_of_the_last_commit_serves(tmp_path: Path) -> None:
    export = tmp_path / "export"
    archive = ["git", "-c", "safe.directory=*", "archive", "HEAD"]
    packed = subprocess.run(archive, cwd=ROOT, capture_output=True, check=True).stdout
    with tarfile.open(fileobj=BytesIO(packed)) as files:
        files.extractall(export, filter="data")
    with (
        Server(tmp_path / "data", {"PYTHONPATH": str(export)}) as server,
        urllib.request.urlopen(f"{server.url}/openapi.json", timeout=30) as answer,
    ):
        assert json.load(answer)["info"]["version"] == __version__
