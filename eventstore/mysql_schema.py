"""Makes or upgrades the log's tables on MySQL."""

from engines.mysql_migrations import WAIT_SECONDS, SchemaMismatch
from engines.mysql_migrations import migrate as run_steps
from eventstore.errors import LogUnavailable, WrongFormat
from eventstore.mysql_connection import MIGRATIONS, connected, require_fitness, steps, translated, where


def migrate(url: str) -> None:
    """Safe to run twice, by two at once, and again after it was killed.

    Raises WrongFormat for tables of a newer program, UnsafeLog, LogUnavailable.
    """
    connection = connected(url, read_seconds=WAIT_SECONDS + 10)
    with translated():
        try:
            require_fitness(connection)
            run_steps(connection, MIGRATIONS, steps())
        except SchemaMismatch as error:
            raise WrongFormat(f"the log in {where(url)}: {error}") from error
        except TimeoutError as error:
            raise LogUnavailable(str(error)) from error
        finally:
            connection.close()
