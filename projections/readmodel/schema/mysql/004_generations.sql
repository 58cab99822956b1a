-- The row of a generation is its lock: whoever changes anything in it has locked the row first.
CREATE TABLE IF NOT EXISTS generations (
    name             VARCHAR(32) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
    number           INT UNSIGNED NOT NULL,
    log_id           VARCHAR(64) CHARACTER SET ascii COLLATE ascii_bin NOT NULL DEFAULT '',
    position         BIGINT UNSIGNED NOT NULL DEFAULT 0,
    event_id         VARBINARY(64) NOT NULL DEFAULT '',
    searchable       BIGINT UNSIGNED NOT NULL DEFAULT 0,
    last_application INT UNSIGNED NOT NULL DEFAULT 0,
    PRIMARY KEY (name, number)
) ENGINE = InnoDB
