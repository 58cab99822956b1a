"""X35: no tracked file holds a secret. That every dependency is pinned by hash is in test_packaging.py."""

import re

import pytest

from tests.architecture.checkout import tracked_files

SECRETS = {
    "a private key": re.compile(r"-----BEGIN ([A-Z]+ )*PRIVATE KEY-----"),
    "a cloud's key": re.compile(r"\b(AKIA|ASIA)[0-9A-Z]{16}\b|\bAIza[\w-]{35}\b"),
    "a forge's token": re.compile(r"\bgh[pousr]_\w{36,}|\bgithub_pat_\w{22,}|\bglpat-[\w-]{20,}"),
    "a service's token": re.compile(
        r"\bxox[abprs]-[\w-]{10,}|\b[sr]k_(live|test)_\w{16,}|\bSG\.[\w-]{16,}\.[\w-]{16,}"
    ),
    "a package index's token": re.compile(r"\bpypi-[\w-]{32,}|\bnpm_\w{36}\b"),
    "a signed token": re.compile(r"\beyJ[\w-]{16,}\.eyJ[\w-]{16,}\.[\w-]{16,}"),
    # A word for a secret, and beside it what only chance writes. One application's token is made up in tests.
    "a password in a setting": re.compile(
        r"""(?ix) (password | passwd | secret | api_?key | admin_?key | token) ["']? \s* [:=] \s* ["']?
        (?=\S*\d) (?=\S*[a-z]) [\w+/-]{24,}"""
    ),
    "a password in an address": re.compile(r"://\w+:(?=[\w+/-]*\d)(?=[\w+/-]*[a-z])[\w+/-]{16,}@"),
}


@pytest.mark.parametrize("what", SECRETS)
def test_x35_no_tracked_file_holds(what: str) -> None:
    found = [
        f"{path}:{number}: {line.strip()[:60]}"
        for path in tracked_files()
        for number, line in enumerate(path.read_text(encoding="utf-8", errors="replace").splitlines(), 1)
        if SECRETS[what].search(line)
    ]
    assert not found, "\n".join(found)


def made_up(*parts: str) -> str:
    """In parts, so that no line of this file is one."""
    return "".join(parts)


@pytest.mark.parametrize(
    ("what", "line"),
    [
        ("a private key", made_up("-----BEGIN ", "RSA PRIVATE KEY-----")),
        ("a private key", made_up("-----BEGIN ", "PRIVATE KEY-----")),
        ("a cloud's key", made_up("AKIA", "ABCDEFGHIJKLMNOP")),
        ("a forge's token", made_up("ghp_", "x" * 36)),
        ("a service's token", made_up("sk_live_", "x" * 24)),
        ("a package index's token", made_up("pypi-", "x" * 40)),
        ("a signed token", made_up("eyJ", "x" * 20, ".eyJ", "x" * 20, ".", "x" * 20)),
        ("a password in a setting", made_up("MYSQL_PASSWORD=", "k3" * 16)),
        ("a password in a setting", made_up('"admin_key": ', '"k3', "x" * 30, '"')),
        ("a password in an address", made_up("mysql://parley:", "k3" * 12, "@db/parley")),
    ],
)
def test_x35_a_secret_would_be_found(what: str, line: str) -> None:
    assert SECRETS[what].search(line)


def test_x35_files_that_hold_secrets_are_not_tracked() -> None:
    kinds = {".pem", ".key", ".p12", ".pfx", ".env", ".db", ".sqlite", ".kdbx"}
    assert [path for path in tracked_files() if path.suffix in kinds or path.name == ".env"] == []
