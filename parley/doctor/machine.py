"""Whether this machine has room: disk and open files."""

import resource
import shutil
from pathlib import Path

from engines.finding import Finding, disk_finding

LEAST_FILES = 1024


def machine_findings(data: Path) -> list[Finding]:
    """Looks at the disk of the data folder, or of where that would be made."""
    there = next(path for path in (data, *data.parents) if path.exists())
    disk = shutil.disk_usage(there)
    return [*disk_finding("data folder", disk.free, disk.total), *_files()]


def _files() -> list[Finding]:
    soft, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
    if soft == resource.RLIM_INFINITY or soft >= LEAST_FILES:
        return []
    return [
        Finding(
            "warning",
            "this machine",
            f"a process may have only {soft} files and connections open",
            f"ulimit -n {LEAST_FILES * 8}, or LimitNOFILE= of the service.",
        )
    ]
