-- Since when the live generation of a projection is the live one. A table of its own: not every server can add a column
-- if it is not there.
CREATE TABLE IF NOT EXISTS swaps (
    name       VARCHAR(32) CHARACTER SET ascii COLLATE ascii_bin NOT NULL PRIMARY KEY,
    swapped_at BIGINT NOT NULL
) ENGINE = InnoDB
