"""In CI a skipped test fails the run: bin/test loads the plugin that does so."""

import subprocess
import sys
from pathlib import Path

import pytest

from tests.architecture.checkout import ROOT

SKIPS = {
    "in the test": "import pytest\ndef test_it():\n    pytest.skip('no server')\n",
    "by a mark": "import pytest\n@pytest.mark.skip('no server')\ndef test_it():\n    pass\n",
    "of the module": "import pytest\npytest.skip('no server', allow_module_level=True)\n",
}
EXPECTED_FAILURE = "import pytest\n@pytest.mark.xfail\ndef test_it():\n    assert 0\n"


def run(folder: Path, source: str) -> subprocess.CompletedProcess[str]:
    (folder / "test_planted.py").write_text(source)
    command = [sys.executable, "-m", "pytest", "-p", "tests.no_skips", "--rootdir", str(folder), str(folder)]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)


@pytest.mark.parametrize("where", SKIPS)
def test_skip_fails(tmp_path: Path, where: str) -> None:
    result = run(tmp_path, SKIPS[where])

    assert result.returncode != 0, result.stdout
    assert "which CI does not allow" in result.stdout


def test_expected_failure_is_no_skip(tmp_path: Path) -> None:
    assert run(tmp_path, EXPECTED_FAILURE).returncode == 0
