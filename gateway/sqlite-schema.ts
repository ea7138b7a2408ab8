/** The tables of the SQLite store. */

/** Kept in the file as `user_version`. */
export const schemaVersion = 2;

export const schema = `
CREATE TABLE entries (
  leaf        INTEGER PRIMARY KEY,
  kind        TEXT    NOT NULL CHECK (kind IN ('policy', 'boot', 'inference')),
  issuer      TEXT    NOT NULL,
  boot_count  INTEGER,
  sequence    INTEGER,
  bytes       BLOB    NOT NULL,
  received_at INTEGER NOT NULL,
  UNIQUE (issuer, boot_count, sequence)
) STRICT;

CREATE TABLE heads (
  device     TEXT    PRIMARY KEY,
  sequence   INTEGER NOT NULL,
  boot_count INTEGER NOT NULL,
  digest     BLOB    NOT NULL CHECK (length(digest) = 32),
  key_id     BLOB    NOT NULL CHECK (length(key_id) <= 32),
  key_index  INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

-- Tiles of the log (C2SP tlog-tiles): up to 256 hashes, each the root over 256^level leaves; fewer only in the last of a level.
CREATE TABLE log_tiles (
  level    INTEGER NOT NULL,
  position INTEGER NOT NULL,
  hashes   BLOB    NOT NULL CHECK (length(hashes) BETWEEN 32 AND 8192 AND length(hashes) % 32 = 0),
  PRIMARY KEY (level, position)
) STRICT, WITHOUT ROWID;

CREATE TABLE rejected (
  id     INTEGER PRIMARY KEY AUTOINCREMENT,
  code   TEXT    NOT NULL,
  reason TEXT    NOT NULL,
  topic  TEXT    NOT NULL,
  bytes  BLOB    NOT NULL,
  length INTEGER NOT NULL,
  time   INTEGER NOT NULL
) STRICT;
CREATE INDEX rejected_by_code ON rejected (code, id);

CREATE TABLE anchors (
  size             INTEGER PRIMARY KEY,
  root             BLOB NOT NULL CHECK (length(root) = 32),
  state            TEXT NOT NULL CHECK (state IN ('prepared', 'sent', 'confirmed')),
  nonce            INTEGER,
  attempts         TEXT NOT NULL,
  block_number     INTEGER,
  block_hash       TEXT,
  block_time       INTEGER,
  transaction_hash TEXT,
  CHECK ((state = 'confirmed') = (block_number IS NOT NULL))
) STRICT;

CREATE TABLE receipts (
  leaf        INTEGER PRIMARY KEY REFERENCES entries (leaf),
  anchor_size INTEGER NOT NULL,
  bytes       BLOB    NOT NULL,
  published   INTEGER NOT NULL
) STRICT;
CREATE INDEX receipts_by_anchor ON receipts (anchor_size);
CREATE INDEX receipts_unpublished ON receipts (leaf) WHERE published = 0;
`;
