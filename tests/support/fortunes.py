"""Real texts of several languages: Debian's fortunes, taken from the machine or fetched as a package."""

import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

SYSTEM = Path("/usr/share/games/fortunes")
FOLDERS = {"fortunes": SYSTEM, "fortunes-de": SYSTEM / "de", "fortunes-ru": SYSTEM / "ru"}
CACHE = Path(os.environ.get("XDG_CACHE_HOME", Path.home() / ".cache")) / "parley-tests"
HOW = "for this test: apt-get install fortunes fortunes-de fortunes-ru"


def fortunes(package: str) -> list[str]:
    """The texts of one package; skips the test, saying how to get them, where they can't be had."""
    folder = FOLDERS[package]
    if not folder.is_dir():
        folder = _fetched(package) / folder.relative_to("/")
    return list(_texts(folder))


def _texts(folder: Path) -> Iterator[str]:
    for path in sorted(folder.iterdir()):
        if path.is_file() and not path.suffix and not path.is_symlink():
            for text in path.read_text(encoding="utf-8").split("\n%\n"):
                if text.strip():
                    yield text.strip()


def _fetched(package: str) -> Path:
    """The package unpacked in a folder of the user's own: nothing is installed, no root is needed."""
    unpacked = CACHE / package
    if unpacked.is_dir():
        return unpacked
    if shutil.which("apt-get") is None or shutil.which("dpkg-deb") is None:
        pytest.skip(HOW)
    CACHE.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=CACHE) as folder:
        for _ in range(2):
            fetched = subprocess.run(
                ["apt-get", "download", "-qq", package], cwd=folder, capture_output=True, check=False
            )
            if fetched.returncode == 0:
                break
            # A new machine knows no packages yet; to learn them takes root.
            subprocess.run(["apt-get", "update", "-qq"], capture_output=True, check=False)
        else:
            pytest.skip(HOW)
        [archive] = Path(folder).glob("*.deb")
        subprocess.run(["dpkg-deb", "-x", str(archive), f"{folder}/unpacked"], check=True)
        Path(folder, "unpacked").rename(unpacked)
    return unpacked
