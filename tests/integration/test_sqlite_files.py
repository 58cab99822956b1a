"""What the read models' files take on disk."""

from contextlib import closing
from pathlib import Path

from projections.readmodel.sqlite_files import WAL_KEPT, connect
from projections.readmodel.sqlite_generation import format_of, make_generation


def test_a_log_that_grew_under_a_long_read_shrinks_after_it(tmp_path: Path) -> None:
    path, wal = tmp_path / "tables_g1.db", tmp_path / "tables_g1.db-wal"
    make_generation(path, "tables")
    known = format_of("tables")
    with closing(connect(path, known=known)) as writer, closing(connect(path, known=known)) as reader:
        reader.execute("BEGIN")
        reader.execute("SELECT * FROM checkpoint").fetchall()
        for number in range(1, 31):
            writer.execute("INSERT INTO messages VALUES (1, ?, 1, zeroblob(1000000))", (number,))
        assert wal.stat().st_size > WAL_KEPT
        reader.execute("COMMIT")
        # The first write after the read takes the log back into the file, the second begins it anew.
        for number in (31, 32):
            writer.execute("INSERT INTO messages VALUES (1, ?, 1, x'00')", (number,))

        assert wal.stat().st_size <= WAL_KEPT
