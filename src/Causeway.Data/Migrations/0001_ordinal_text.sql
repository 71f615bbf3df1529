-- Text that both databases compare byte by byte, so that identifiers have one order. SQLite does so by itself.

-- up postgres
CREATE DOMAIN ordinal_text AS text COLLATE "C";

-- down postgres
DROP DOMAIN ordinal_text;
