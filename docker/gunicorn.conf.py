"""How `command-api` and `query-api` serve in a container; named by PARLEY_GUNICORN, applied by `parley.server`.

Deadlines against slow clients are the worker's own (`web.limits`), and nginx's before it.
"""

import os

# As many as there are cores, unless somebody knows better; each takes memory and connections, so no more than four.
workers = int(os.environ.get("PARLEY_WORKERS") or min(4, len(os.sched_getaffinity(0))))
# A worker that does not give a sign for so long is killed, and another one started.
timeout = 60
# Requests in hand have this long at a stop or a restart (SIGHUP); less than the container's grace time.
graceful_timeout = 20
# Signs of life are files: never on a disk that may be slow.
worker_tmp_dir = "/dev/shm"
