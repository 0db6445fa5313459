-- Services (fault management, autoscaling, slicing): rest-api.md 1.6. Their keys are in table secret, sealed, owner = id: what an old
-- client sends to register is encrypted with its key, so a hash of the key would not do (decisions.md D18).
CREATE TABLE service (
    id          text PRIMARY KEY,
    name        text NOT NULL UNIQUE,
    created_at  bigint NOT NULL DEFAULT (extract(epoch FROM clock_timestamp()) * 1000000)::bigint,
    doc         text NOT NULL               -- with its roles, without key and token
);
-- A token is a person's or a service's. The column "service" of 0001 was never written.
ALTER TABLE token ADD COLUMN service_id text REFERENCES service ON DELETE CASCADE;
CREATE INDEX token_service ON token (service_id);
