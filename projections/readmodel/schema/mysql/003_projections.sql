-- Numbers are never used twice, so that no reader can take a new generation for one it knew.
CREATE TABLE IF NOT EXISTS projections (
    name        VARCHAR(32) CHARACTER SET ascii COLLATE ascii_bin NOT NULL PRIMARY KEY,
    live        INT UNSIGNED NOT NULL,
    previous    INT UNSIGNED NULL,
    building    INT UNSIGNED NULL,
    next        INT UNSIGNED NOT NULL,
    position    BIGINT UNSIGNED NULL,
    head        BIGINT UNSIGNED NULL,
    error       TEXT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NULL,
    reported_at BIGINT NULL
) ENGINE = InnoDB
