-- What a RESUME needs to know of the request that it resumes, and which requests are one chain of RESUMEs; rows of before: NULL.
ALTER TABLE run ADD COLUMN root text;               -- id of the first request of its chain
ALTER TABLE run ADD COLUMN instance text;           -- hostname, of a request about one instance
ALTER TABLE run ADD COLUMN cause text;
ALTER TABLE run ADD COLUMN is_standby boolean NOT NULL DEFAULT false;
-- When an agent said this boot for the first time: whether a rebuilt server has come back.
ALTER TABLE agent ADD COLUMN boot_at bigint NOT NULL DEFAULT 0;
