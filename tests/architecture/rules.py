"""The rules that import-linter can't say: drivers, adapters, the environment, work at import."""

import ast
from collections.abc import Iterator
from pathlib import Path

from tests.architecture.checkout import ROOT
from tests.architecture.imports import imports

# Driver -> how the file names of its adapters start.
DRIVERS = {
    "sqlite3": "sqlite_",
    "pymysql": "mysql_",
    "kombu": "rabbitmq_",
    "redis": "redis_",
    "opensearchpy": "opensearch_",
}
READS_ENVIRONMENT = {"bootstrap.py", "settings.py", "cli.py", "serve.py", "__main__.py", "asgi.py"}
ENVIRONMENT = {"os.environ", "os.environb", "os.getenv", "os.putenv"}
# Hands a folder on to a library that looks for it nowhere else.
SETS_ENVIRONMENT = ("parley", "metrics", "folder.py")
MEASURES = ("parley", "metrics")
ENVIRONMENT_LIBRARIES = {"environs", "dotenv"}
# What a server or `python -m` starts by importing it.
STARTS_AT_IMPORT = {"asgi.py", "__main__.py"}


def driver_outside_adapter(tree: ast.Module, path: Path) -> Iterator[str]:
    for imported in imports(tree, path):
        prefix = DRIVERS.get(imported.name.partition(".")[0])
        if prefix and not path.name.startswith(prefix):
            yield f"{path}:{imported.line}: only {prefix}*.py may import {imported.name}"


def adapter_not_through_open(tree: ast.Module, path: Path) -> Iterator[str]:
    for imported in imports(tree, path):
        prefix = _adapter_prefix(imported.name)
        lazily_in_open = imported.deferred and path.name == "open.py"
        if prefix and not path.name.startswith(prefix) and not lazily_in_open:
            yield f"{path}:{imported.line}: {imported.name} is reached only inside functions of open.py"


def _adapter_prefix(name: str) -> str | None:
    """The prefix of the adapter module that `name` is or lies in; a function may be called `mysql_url`."""
    parts = name.split(".")
    for end, part in enumerate(parts, 1):
        prefix = next((prefix for prefix in DRIVERS.values() if part.startswith(prefix)), None)
        if prefix and ROOT.joinpath(*parts[:end]).with_suffix(".py").is_file():
            return prefix
    return None


def environment_read(tree: ast.Module, path: Path) -> Iterator[str]:
    if path.name in READS_ENVIRONMENT or path.parts[-3:] == SETS_ENVIRONMENT:
        return
    for imported in imports(tree, path):
        if imported.name in ENVIRONMENT or imported.name.partition(".")[0] in ENVIRONMENT_LIBRARIES:
            yield f"{path}:{imported.line}: {imported.name} belongs in {sorted(READS_ENVIRONMENT)}"
    for node in ast.walk(tree):
        if isinstance(node, ast.Attribute) and ast.unparse(node) in ENVIRONMENT:
            yield f"{path}:{node.lineno}: {ast.unparse(node)} belongs in {sorted(READS_ENVIRONMENT)}"


def measured_elsewhere(tree: ast.Module, path: Path) -> Iterator[str]:
    for imported in imports(tree, path):
        if imported.name.partition(".")[0] == "prometheus_client" and path.parts[-3:-1] != MEASURES:
            yield f"{path}:{imported.line}: only {'/'.join(MEASURES)} may import {imported.name}"


def work_at_import(tree: ast.Module, path: Path) -> Iterator[str]:
    """A bare call at module level is made for its effect; so is a loop or a `with`."""
    if path.name in STARTS_AT_IMPORT:
        return
    for node in tree.body:
        effect = isinstance(node, ast.Expr) and not isinstance(node.value, ast.Constant)
        if effect or isinstance(node, ast.For | ast.While | ast.With | ast.AsyncFor | ast.AsyncWith):
            yield f"{path}:{node.lineno}: nothing happens at import"
