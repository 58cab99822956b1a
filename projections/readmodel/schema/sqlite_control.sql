CREATE TABLE secret (
    bytes BLOB NOT NULL
);

CREATE TABLE projections (
    name        TEXT PRIMARY KEY,
    live        INTEGER NOT NULL,
    previous    INTEGER,
    building    INTEGER,
    -- Numbers are never used twice, so that no reader can take a new generation for one it knew.
    next        INTEGER NOT NULL,
    position    INTEGER,
    head        INTEGER,
    error       TEXT,
    reported_at INTEGER
) WITHOUT ROWID;
