-- Nodes that share rooms: which are alive, who is on them, and logs that need not outlive a crash of the database.

-- up
ALTER TABLE room_logs ADD COLUMN life ordinal_text NULL;

-- up sqlite
CREATE TABLE room_log_lives (one integer PRIMARY KEY CHECK (one = 1), life ordinal_text NOT NULL);

-- up postgres
-- Unlogged, so that a crash empties them: another life begins, and every node enters itself anew.
CREATE UNLOGGED TABLE room_log_lives (one integer PRIMARY KEY CHECK (one = 1), life ordinal_text NOT NULL);
CREATE UNLOGGED TABLE nodes (
    node ordinal_text PRIMARY KEY,
    name text NOT NULL,
    lease_until timestamptz NOT NULL
);
CREATE UNLOGGED TABLE node_presence (
    room_id ordinal_text NOT NULL,
    node ordinal_text NOT NULL REFERENCES nodes ON DELETE CASCADE,
    user_id ordinal_text NULL,
    name text NULL,
    devices integer NOT NULL,
    version bigint NOT NULL,
    UNIQUE NULLS NOT DISTINCT (room_id, node, user_id)
);
CREATE INDEX node_presence_node ON node_presence (node);
CREATE UNLOGGED TABLE backplane_items (
    number bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    sent_at timestamptz NOT NULL DEFAULT now(),
    items bytea NOT NULL
);

-- down postgres
DROP TABLE backplane_items;
DROP TABLE node_presence;
DROP TABLE nodes;

-- down
DROP TABLE room_log_lives;
ALTER TABLE room_logs DROP COLUMN life;
