-- A repeated request with its Idempotency-Key gets the first answer. The column operation is the id that what is made
-- has, also when the request is carried out again since its answer was lost.
ALTER TABLE idempotency ADD COLUMN person text NOT NULL DEFAULT '';
ALTER TABLE idempotency ADD COLUMN digest text NOT NULL DEFAULT '';     -- of method, path, project and body
ALTER TABLE idempotency ADD COLUMN status integer NOT NULL DEFAULT 0;   -- HTTP status; 0: not answered
ALTER TABLE idempotency ADD COLUMN type   text NOT NULL DEFAULT '';
ALTER TABLE idempotency ADD COLUMN body   text NOT NULL DEFAULT '';
ALTER TABLE idempotency ALTER COLUMN body SET COMPRESSION lz4;
CREATE INDEX idempotency_expires ON idempotency (expires_at);
CREATE INDEX idempotency_person ON idempotency (person, expires_at);
