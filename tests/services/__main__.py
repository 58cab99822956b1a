"""`python -m tests.services`, which bin/services runs."""

import sys

from tests.services.cli import main
from tests.services.files import run_folder

try:
    main(prog_name="bin/services")
except OSError as error:
    sys.exit(f"services: {error}; if {run_folder()} is not yours, name another folder in PARLEY_SERVICES")
