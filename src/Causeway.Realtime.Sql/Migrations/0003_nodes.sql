-- Since when nodes are there, what is on them, and whether one that is gone left of itself.

-- up postgres
ALTER TABLE nodes
    ADD COLUMN connections integer NOT NULL DEFAULT 0,
    ADD COLUMN joined_at timestamptz NOT NULL DEFAULT now(),
    ADD COLUMN seen_at timestamptz NOT NULL DEFAULT now(),
    ADD COLUMN has_left boolean NOT NULL DEFAULT false;

-- down postgres
ALTER TABLE nodes DROP COLUMN has_left, DROP COLUMN seen_at, DROP COLUMN joined_at, DROP COLUMN connections;
