-- Files that were uploaded, whose they are and where they are posted. What is in them lies in the files' directory under their id.

-- up
CREATE TABLE files (
    id ordinal_text PRIMARY KEY,
    owner_id ordinal_text NOT NULL,
    name ordinal_text NOT NULL,
    content_type ordinal_text NOT NULL,
    size bigint NOT NULL,
    sha256 ordinal_text NOT NULL,
    created_at bigint NOT NULL,
    updated_at bigint NOT NULL,
    version bigint NOT NULL
);
CREATE INDEX files_created_at_idx ON files (created_at, id);
CREATE INDEX files_name_idx ON files (name, id);
CREATE INDEX files_size_idx ON files (size, id);
CREATE INDEX files_owner_created_at_idx ON files (owner_id, created_at, id);

-- What an owner's files come to; its row is what uploads of one owner wait for each other at.
CREATE TABLE file_owners (
    owner_id ordinal_text PRIMARY KEY,
    used_bytes bigint NOT NULL
);

-- Room that is set aside for uploads under way. One that a crash left behind ends by itself.
CREATE TABLE file_reservations (
    id ordinal_text PRIMARY KEY,
    owner_id ordinal_text NOT NULL,
    bytes bigint NOT NULL,
    expires_at bigint NOT NULL
);
CREATE INDEX file_reservations_owner_idx ON file_reservations (owner_id);
CREATE INDEX file_reservations_expires_at_idx ON file_reservations (expires_at);

CREATE TABLE room_files (
    room_id ordinal_text NOT NULL,
    file_id ordinal_text NOT NULL REFERENCES files (id) ON DELETE CASCADE,
    posted_by ordinal_text,
    posted_at bigint NOT NULL,
    PRIMARY KEY (room_id, file_id)
);
CREATE INDEX room_files_file_idx ON room_files (file_id);

-- down
DROP TABLE room_files;
DROP TABLE file_reservations;
DROP TABLE file_owners;
DROP TABLE files;
