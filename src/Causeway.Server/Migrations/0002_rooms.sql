-- Rooms that stay, who has which role in them, and what has changed, for every node to read.

-- up
CREATE TABLE rooms (
    room_id ordinal_text NOT NULL PRIMARY KEY,
    namespace ordinal_text NOT NULL,
    title text NULL,
    description text NULL,
    settings text NULL,
    created_by ordinal_text NULL,
    created_at bigint NOT NULL,
    updated_at bigint NOT NULL,
    version bigint NOT NULL
);
CREATE INDEX rooms_namespace ON rooms (namespace, room_id);
CREATE INDEX rooms_created ON rooms (created_at, room_id);
CREATE INDEX rooms_updated ON rooms (updated_at, room_id);

CREATE TABLE room_members (
    room_id ordinal_text NOT NULL REFERENCES rooms (room_id) ON DELETE CASCADE,
    user_id ordinal_text NOT NULL,
    role bigint NOT NULL,
    added_at bigint NOT NULL,
    added_by ordinal_text NULL,
    PRIMARY KEY (room_id, user_id)
);
CREATE INDEX room_members_user ON room_members (user_id, room_id);

-- up sqlite
CREATE TABLE room_changes (
    number integer PRIMARY KEY AUTOINCREMENT,
    kind bigint NOT NULL,
    room_id text NOT NULL,
    user_id text NULL,
    reason text NULL,
    at bigint NOT NULL
);

-- up postgres
CREATE TABLE room_changes (
    number bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    kind bigint NOT NULL,
    room_id text NOT NULL,
    user_id text NULL,
    reason text NULL,
    at bigint NOT NULL
);

-- down
DROP TABLE room_changes;
DROP TABLE room_members;
DROP TABLE rooms;
