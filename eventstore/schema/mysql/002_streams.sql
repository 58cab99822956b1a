-- The name is the clustered key: one lock per row, taken in the order of the names. The index of the ids
-- holds the names, so it alone serves the readers of `events`.
CREATE TABLE IF NOT EXISTS streams (
    name    VARBINARY(255) NOT NULL PRIMARY KEY,
    id      BIGINT UNSIGNED NOT NULL,
    version BIGINT UNSIGNED NOT NULL,
    live    BIGINT NOT NULL,
    closed  TINYINT UNSIGNED NOT NULL,
    UNIQUE KEY by_id (id)
) ENGINE = InnoDB
