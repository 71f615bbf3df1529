-- SQLite: with a rowid, so that all rooms' messages are put at the end. In the order of its key, each room's split pages in the middle of the table, and a commit wrote twice as many.

-- up sqlite
CREATE TABLE room_messages_by_arrival (
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
INSERT INTO room_messages_by_arrival SELECT log, position, id, type, conflate_key, sender, sent_at, payload FROM room_messages ORDER BY sent_at, log, position;
DROP TABLE room_messages;
ALTER TABLE room_messages_by_arrival RENAME TO room_messages;

-- down sqlite
CREATE TABLE room_messages_by_key (
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
INSERT INTO room_messages_by_key SELECT log, position, id, type, conflate_key, sender, sent_at, payload FROM room_messages;
DROP TABLE room_messages;
ALTER TABLE room_messages_by_key RENAME TO room_messages;
