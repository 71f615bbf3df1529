-- The logs of durable rooms. A log whose room_id is null was deleted, and its messages go piece by piece.

-- up sqlite
CREATE TABLE room_logs (
    log integer PRIMARY KEY AUTOINCREMENT,
    room_id ordinal_text NULL UNIQUE,
    epoch ordinal_text NOT NULL,
    newest bigint NOT NULL,
    keep_count bigint NOT NULL,
    keep_ms bigint NOT NULL,
    next_expiry bigint NULL,
    used_at bigint NOT NULL
);
CREATE TABLE room_messages (
    log bigint NOT NULL,
    position bigint NOT NULL,
    id bytea NOT NULL,
    type ordinal_text NOT NULL,
    conflate_key bytea NULL,
    sender bytea NULL,
    sent_at bigint NOT NULL,
    payload bytea NOT NULL,
    PRIMARY KEY (log, position)
) WITHOUT ROWID;
CREATE TABLE room_outbox (
    number integer PRIMARY KEY AUTOINCREMENT,
    key ordinal_text NOT NULL,
    room_id ordinal_text NOT NULL,
    type ordinal_text NOT NULL,
    conflate_key bytea NULL,
    sender bytea NULL,
    ephemeral boolean NOT NULL,
    payload bytea NOT NULL
);

-- up postgres
CREATE TABLE room_logs (
    log bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    room_id ordinal_text NULL UNIQUE,
    epoch ordinal_text NOT NULL,
    newest bigint NOT NULL,
    keep_count bigint NOT NULL,
    keep_ms bigint NOT NULL,
    next_expiry bigint NULL,
    used_at bigint NOT NULL
) WITH (fillfactor = 70);
CREATE TABLE room_messages (
    log bigint NOT NULL,
    position bigint NOT NULL,
    id bytea NOT NULL,
    type ordinal_text NOT NULL,
    conflate_key bytea NULL,
    sender bytea NULL,
    sent_at bigint NOT NULL,
    payload bytea NOT NULL,
    PRIMARY KEY (log, position)
);
CREATE TABLE room_outbox (
    number bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    key ordinal_text NOT NULL,
    room_id ordinal_text NOT NULL,
    type ordinal_text NOT NULL,
    conflate_key bytea NULL,
    sender bytea NULL,
    ephemeral boolean NOT NULL,
    payload bytea NOT NULL
);

-- up
CREATE INDEX room_logs_next_expiry ON room_logs (next_expiry);
CREATE TABLE room_publish_keys (
    log bigint NOT NULL,
    key ordinal_text NOT NULL,
    position bigint NOT NULL,
    id bytea NOT NULL,
    fingerprint bytea NOT NULL,
    expires_at bigint NOT NULL,
    PRIMARY KEY (log, key)
);
CREATE INDEX room_publish_keys_expires_at ON room_publish_keys (expires_at);

-- down
DROP TABLE room_publish_keys;
DROP TABLE room_outbox;
DROP TABLE room_messages;
DROP TABLE room_logs;
