"""Whether a file of SQLite's is in WAL mode, and on a file system on which its locks work."""

import sqlite3
from contextlib import closing
from pathlib import Path
from urllib.parse import quote

from engines.finding import Finding

_SHARED = frozenset(("nfs", "nfs4", "cifs", "smb3", "smbfs", "9p", "fuse.sshfs", "afs", "ceph"))
_LOST = frozenset(("tmpfs", "ramfs"))


def sqlite_findings(place: str, path: Path, *, durable: bool) -> list[Finding]:
    """Nothing is made where there is no file. `durable`: the log is there. Raises sqlite3.Error."""
    found = _file_system(place, path, durable=durable)
    if not path.is_file():
        return found
    with closing(sqlite3.connect(f"file:{quote(str(path))}?mode=ro", uri=True)) as db:
        mode = db.execute("PRAGMA journal_mode").fetchone()[0]
    if mode != "wal":
        found.append(
            Finding(
                "error",
                place,
                f"{path.name} is in {mode} mode, not WAL: readers and writers wait for each other",
                f"Stop Parley, then: sqlite3 {path} 'PRAGMA journal_mode = WAL'",
            )
        )
    return found


def file_system(path: Path) -> str:
    """The type of what is mounted where `path` is; "" if the system doesn't say."""
    table = Path("/proc/self/mounts")
    if not table.is_file():
        return ""
    real = path.resolve()
    best, kind = -1, ""
    for line in table.read_text(encoding="utf-8", errors="surrogateescape").splitlines():
        _, mounted, name, *_ = line.split()
        # Spaces are written as octal escapes.
        at = Path(mounted.replace("\\040", " "))
        if (real == at or at in real.parents) and len(at.parts) >= best:
            best, kind = len(at.parts), name
    return kind


def _file_system(place: str, path: Path, *, durable: bool) -> list[Finding]:
    kind = file_system(path)
    if kind in _SHARED:
        return [
            Finding(
                "error",
                place,
                f"{path.parent} is on {kind}, where SQLite's WAL and locks don't work",
                "Move the data folder to a local disk.",
            )
        ]
    if durable and kind in _LOST:
        return [
            Finding(
                "error",
                place,
                f"{path.parent} is on {kind}: it is gone with the machine's memory",
                "Move the data folder to a disk.",
            )
        ]
    return []
