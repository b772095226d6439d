-- A checksum of S3's kept with each object, for those who ask for it, and
-- computed in the way that the upload of an object in parts was begun with.
ALTER TABLE objects ADD COLUMN checksum_algorithm TEXT NOT NULL DEFAULT ''; -- crc32, crc32c, crc64nvme, sha1, sha256; empty: none
ALTER TABLE objects ADD COLUMN checksum TEXT NOT NULL DEFAULT '';           -- base64; "-N" behind it: of the checksums of N parts
ALTER TABLE uploads ADD COLUMN checksum_algorithm TEXT NOT NULL DEFAULT '';
ALTER TABLE uploads ADD COLUMN checksum_full INTEGER NOT NULL DEFAULT 0;    -- that of all bytes, not that of the parts' checksums
ALTER TABLE parts ADD COLUMN checksum TEXT NOT NULL DEFAULT '';             -- base64; the algorithm is that of the upload or object
