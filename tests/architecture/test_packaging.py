"""What setup.cfg and the lock files promise to an installer."""

import configparser
import re
from fnmatch import fnmatch

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from tests.architecture.checkout import ROOMS, ROOT, modules, tracked_files

LOCKED = re.compile(r"^(?P<name>[A-Za-z0-9._-]+)==(?P<version>[^\s;]+)(?P<rest>.*)$")
LOCKS = ["requirements.txt", "requirements-dev.txt"]


def setup() -> configparser.ConfigParser:
    parser = configparser.ConfigParser()
    parser.read(ROOT / "setup.cfg")
    return parser


def lines(section: str, option: str) -> list[str]:
    return setup()[section][option].split("\n")[1:]


def locked(lock: str) -> dict[str, re.Match[str]]:
    """Name -> its logical line, of a lock file."""
    logical = (ROOT / lock).read_text().replace("\\\n", " ").splitlines()
    requirements = [line for line in logical if line.strip() and not line.strip().startswith("#")]
    matches = [LOCKED.match(line) for line in requirements]
    assert all(matches), [line for line, match in zip(requirements, matches, strict=True) if not match]
    return {canonicalize_name(match["name"]): match for match in matches if match}


@pytest.mark.parametrize("lock", LOCKS)
def test_every_locked_requirement_has_a_hash(lock: str) -> None:
    assert not [name for name, match in locked(lock).items() if "--hash=sha256:" not in match["rest"]]


def test_development_lock_holds_the_other_one() -> None:
    development = {name: match["version"] for name, match in locked("requirements-dev.txt").items()}

    assert {
        name: match["version"] for name, match in locked("requirements.txt").items()
    }.items() <= development.items()


@pytest.mark.parametrize(
    ("section", "option", "lock"),
    [
        ("options", "install_requires", "requirements.txt"),
        ("options.extras_require", "dev", "requirements-dev.txt"),
    ],
)
def test_what_is_required_is_locked(section: str, option: str, lock: str) -> None:
    held = locked(lock)
    for requirement in map(Requirement, lines(section, option)):
        version = held[canonicalize_name(requirement.name)]["version"]
        assert requirement.specifier.contains(version), f"{requirement} is locked at {version}"


def test_every_package_is_found() -> None:
    """`find:` takes only folders with an __init__.py that match `include`."""
    include = lines("options.packages.find", "include")
    for folder in {path.parent for path in modules()}:
        assert (ROOT / folder / "__init__.py").exists(), f"{folder} has modules but no __init__.py"
        assert any(fnmatch(".".join(folder.parts), pattern) for pattern in include), folder


def test_every_file_of_a_room_is_installed() -> None:
    patterns = [pattern.strip() for pattern in setup()["options.package_data"]["*"].split(",")]
    for path in tracked_files():
        if path.relative_to(ROOT).parts[0] in ROOMS and path.suffix not in {".py", ".md"}:
            package = next(folder for folder in path.parents if (folder / "__init__.py").exists())
            assert any(path in package.glob(pattern) for pattern in patterns), f"{path} is in no package_data"
