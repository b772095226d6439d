-- How many bytes a bucket holds, in objects and in parts of uploads under way.
ALTER TABLE buckets ADD COLUMN bytes INTEGER NOT NULL DEFAULT 0;
UPDATE buckets SET bytes = (SELECT coalesce(sum(size), 0) FROM objects WHERE bucket = buckets.name)
    + (SELECT coalesce(sum(parts.size), 0) FROM parts JOIN uploads ON uploads.id = parts.upload WHERE uploads.bucket = buckets.name);
