-- One row: its lock is what puts all commits in one order. `streams` is the last stream id that was given.
CREATE TABLE IF NOT EXISTS log_head (
    id       TINYINT UNSIGNED NOT NULL PRIMARY KEY CHECK (id = 1),
    log_id   CHAR(32) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
    position BIGINT UNSIGNED NOT NULL,
    streams  BIGINT UNSIGNED NOT NULL
) ENGINE = InnoDB
