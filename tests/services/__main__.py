"""`python -m tests.services`, which bin/services runs."""

from tests.services.cli import main

main(prog_name="bin/services")
