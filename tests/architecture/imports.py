"""Reads imports out of a module's source, so that a rule can be asked of it."""

import ast
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple


class Import(NamedTuple):
    """One imported dotted name; `deferred` when it happens inside a function."""

    name: str
    line: int
    deferred: bool


def imports(tree: ast.Module, path: Path) -> Iterator[Import]:
    yield from _walk(tree, _package(path), deferred=False)


def _walk(node: ast.AST, package: list[str], *, deferred: bool) -> Iterator[Import]:
    for child in ast.iter_child_nodes(node):
        if isinstance(child, ast.Import):
            yield from (Import(alias.name, child.lineno, deferred) for alias in child.names)
        elif isinstance(child, ast.ImportFrom):
            base = _base(child, package)
            yield Import(base, child.lineno, deferred)
            yield from (Import(f"{base}.{alias.name}", child.lineno, deferred) for alias in child.names)
        elif isinstance(child, ast.Call) and _is_import_call(child):
            yield from _called(child, deferred=deferred)
        inside = deferred or isinstance(child, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda)
        yield from _walk(child, package, deferred=inside)


def _package(path: Path) -> list[str]:
    return list(path.parent.parts)


def _base(node: ast.ImportFrom, package: list[str]) -> str:
    above = package[: len(package) - node.level + 1] if node.level else []
    return ".".join([*above, *([node.module] if node.module else [])])


def _is_import_call(call: ast.Call) -> bool:
    return ast.unparse(call.func) in {"importlib.import_module", "import_module", "__import__"}


def _called(call: ast.Call, *, deferred: bool) -> Iterator[Import]:
    """`import_module("sqlite3")` counts; a computed name can't be read, and is found by review."""
    if call.args and isinstance(call.args[0], ast.Constant):
        yield Import(str(call.args[0].value), call.lineno, deferred)
