"""Images that stand in for those of a registry: Debian's packages under the tags that the project's files name."""

import hashlib
import os
import re
import shutil
import ssl
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path

from tests.compose.engine import Engine
from tests.compose.files import foreign_services, python_image
from tests.compose.honoured import HONOURED
from tests.services.debian import RELEASE, bootstrap, install_bootstrap
from tests.services.errors import ServiceError
from tests.services.files import cache_folder, made
from tests.services.java import fetch_jars, install_java, jars
from tests.services.opensearch import OpenSearch
from tests.services.progress import say, step

FOLDER = Path(__file__).parent / "standins"
BASE = f"parley-standin:{RELEASE}"
RECIPE = "parley.recipe"


def wanted() -> dict[str, str]:
    """Tag -> the folder with its recipe."""
    tags = {service["image"]: _repository(service["image"]) for service in foreign_services().values()}
    return {**tags, python_image(): "python"}


def _repository(image: str) -> str:
    """`opensearchproject/opensearch:2.19.3` -> opensearch."""
    return image.partition(":")[0].rpartition("/")[2]


def build_standins(engine: Engine) -> None:
    """Build all that are missing or that are made in another way than now. Raises ServiceError."""
    for tag, name in wanted().items():
        if not (FOLDER / name).is_dir():
            raise ServiceError(f"nothing stands in for {tag}; add tests/compose/standins/{name}")
        with tempfile.TemporaryDirectory() as context:
            folder = Path(context)
            _fill(folder, name)
            recipe = _digest(folder)
            if _label(engine, tag) == recipe:
                continue
            _base(engine)
            if name == "opensearch":
                _add_jars(folder / "jars")
            with step(f"building what stands in for {tag}"):
                engine.build(folder, tag, BASE=BASE, VERSION=_version(tag))
            # A label of the build would make each step of another recipe anew.
            engine.docker("build", "--tag", tag, "-", said=f"FROM {tag}\nLABEL {RECIPE}={recipe}\n".encode())


def _fill(folder: Path, name: str) -> None:
    """The recipe's folder, and what is not in the repository."""
    shutil.copytree(FOLDER / name, folder, dirs_exist_ok=True)
    if name == "python":
        trusted = ssl.get_default_verify_paths().cafile or "/etc/ssl/certs/ca-certificates.crt"
        shutil.copy(trusted, folder / "certificates.pem")
        (folder / "pip.conf").write_text("\n".join(["[global]", *_pip_settings(), ""]), encoding="utf-8")
    else:
        shutil.copy(FOLDER / "only", folder)
        honoured = HONOURED[name].get("environment", {})
        (folder / "honoured").write_text("".join(f"{line}\n" for line in honoured), encoding="utf-8")


def _pip_settings() -> Iterator[str]:
    yield "cert = /etc/ssl/certs/ca-certificates.crt"
    for variable, setting in (("PIP_INDEX_URL", "index-url"), ("PIP_TRUSTED_HOST", "trusted-host")):
        if os.environ.get(variable):
            yield f"{setting} = {os.environ[variable]}"


def _add_jars(folder: Path) -> None:
    install_java(OpenSearch.java)
    fetch_jars(OpenSearch.coordinates)
    shutil.copytree(jars(OpenSearch.coordinates), folder, ignore=shutil.ignore_patterns("pom.xml"))


def _digest(folder: Path) -> str:
    digest = hashlib.sha256()
    for path in sorted(folder.rglob("*")):
        if path.is_file():
            digest.update(f"{path.relative_to(folder)}\0{path.stat().st_size}\0".encode() + path.read_bytes())
    return digest.hexdigest()[:16]


def _label(engine: Engine, tag: str) -> str:
    try:
        template = f'{{{{index .Config.Labels "{RECIPE}"}}}}'
        return engine.docker("image", "inspect", "--format", template, tag).strip()
    except ServiceError:
        return ""  # there is no such image


def _version(tag: str) -> str:
    """`python:3.13.7-slim-bookworm` -> 3.13."""
    match = re.search(r":(\d+\.\d+)", tag)
    if match is None:
        raise ServiceError(f"{tag} names no version")
    return match[1]


def _base(engine: Engine) -> None:
    """A small Debian, with the lists of packages of the moment it was made."""
    try:
        engine.docker("image", "inspect", BASE)
    except ServiceError:
        install_bootstrap("Debian")
        folder = cache_folder() / f"debian-{RELEASE}"
        with step("making a small Debian (once, about a minute)"):
            made(folder, lambda half, guard: bootstrap(half, "ca-certificates", guard))
        _import(engine, folder)


def _import(engine: Engine, folder: Path) -> None:
    """In a build nothing is to be started that a package brings."""
    policy = folder / "usr/sbin/policy-rc.d"
    policy.write_text("#!/bin/sh\nexit 101\n", encoding="ascii")
    policy.chmod(0o755)
    say(f"importing {folder.name}")
    with subprocess.Popen(["tar", "-C", str(folder), "-c", "."], stdout=subprocess.PIPE) as archive:
        subprocess.run(
            [engine.client, "import", "-", BASE], env=engine.environment(), stdin=archive.stdout, check=True
        )
    if archive.returncode:
        raise ServiceError(f"tar failed on {folder}; remove it and try again")
