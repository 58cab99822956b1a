CREATE TABLE IF NOT EXISTS events (
    position    BIGINT UNSIGNED NOT NULL PRIMARY KEY,
    stream      BIGINT UNSIGNED NOT NULL,
    version     BIGINT UNSIGNED NOT NULL,
    event_id    BINARY(16) NOT NULL,
    topic       VARCHAR(100) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
    state       MEDIUMBLOB NOT NULL,
    meta        MEDIUMBLOB NULL,
    recorded_at BIGINT NOT NULL,
    UNIQUE KEY stream_version (stream, version)
) ENGINE = InnoDB ROW_FORMAT = DYNAMIC
