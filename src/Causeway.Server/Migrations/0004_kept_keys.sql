-- Keys that are made once, by whichever node needs one first, and are the same for all of them from then on.

-- up
CREATE TABLE kept_keys (
    name ordinal_text NOT NULL PRIMARY KEY,
    key text NOT NULL,
    made_at bigint NOT NULL
);

-- down
DROP TABLE kept_keys;
