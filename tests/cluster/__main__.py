"""`python -m tests.cluster`, which bin/cluster runs."""

from tests.cluster.cli import main

main(prog_name="bin/cluster")
