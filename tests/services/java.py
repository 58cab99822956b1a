"""Java of a wanted version, and jars by way of Maven."""

import os
import re
from pathlib import Path

from tests.services.errors import NotInstalled
from tests.services.files import cache_folder, made
from tests.services.installation import find, install, require
from tests.services.progress import step
from tests.services.tool import run

HOMES = Path("/usr/lib/jvm")

POM = """\
<project>
  <modelVersion>4.0.0</modelVersion>
  <groupId>parley</groupId>
  <artifactId>services</artifactId>
  <version>1</version>
  <dependencies>
    <dependency><groupId>{0}</groupId><artifactId>{1}</artifactId><version>{2}</version></dependency>
  </dependencies>
</project>
"""


def find_java(versions: range) -> str | None:
    """The newest java of those major versions: of JAVA_HOME, of the PATH, or beside them."""
    on_path = find("java")
    homes = {Path(on_path).resolve().parent.parent} if on_path else set()
    homes |= {path.resolve() for path in HOMES.glob("*")} if on_path else set()
    if os.environ.get("JAVA_HOME"):
        homes.add(Path(os.environ["JAVA_HOME"]))
    found = [(version, str(home / "bin/java")) for home in homes if (version := _major(home)) in versions]
    return max(found)[1] if found else None


def _major(home: Path) -> int:
    """0 for what is no Java, or one older than 9."""
    release = home / "release"
    if not release.is_file() or not os.access(home / "bin/java", os.X_OK):
        return 0
    match = re.search(r'^JAVA_VERSION="(\d+)', release.read_text(encoding="utf-8"), re.MULTILINE)
    return int(match[1]) if match else 0


def require_java(versions: range) -> str:
    java = find_java(versions)
    if java is None:
        raise NotInstalled(
            f"no Java {versions[0]} to {versions[-1]} was found on PATH or in JAVA_HOME; "
            f"install one (Debian, Ubuntu: apt-get install {package(versions)})"
        )
    return java


def package(versions: range) -> str:
    """The Debian package of the oldest that fits and that is still maintained."""
    return f"openjdk-{max(versions[0], 17)}-jre-headless"


def install_java(versions: range) -> None:
    wanted = [] if find_java(versions) else [package(versions)]
    wanted += [] if find("mvn") else ["maven"]
    if wanted:
        install(wanted)


def jars(coordinates: str) -> Path:
    """The folder in the cache for a library and all that it needs."""
    return cache_folder() / "jars" / coordinates.replace(":", "-")


def fetch_jars(coordinates: str) -> None:
    """Fetch `group:artifact:version`. Raises ServiceError."""

    def fetch(folder: Path, guard: int) -> None:
        (folder / "pom.xml").write_text(POM.format(*coordinates.split(":")), encoding="utf-8")
        copy = ["dependency:copy-dependencies", f"-DoutputDirectory={folder}"]
        with step(f"fetching {coordinates} with Maven (once)"):
            run([require("mvn", "maven"), "-B", "-f", str(folder / "pom.xml"), *copy], guard=guard)

    made(jars(coordinates), fetch)
