-- Releases that were accepted and are not begun yet (POST /ns-records/multipledelete): whichever process takes them next.
CREATE TABLE release_wanted (
    nsr_id      text PRIMARY KEY,
    project_id  text NOT NULL,
    username    text NOT NULL,
    wanted_at   bigint NOT NULL DEFAULT (extract(epoch FROM clock_timestamp()) * 1000000)::bigint,
    n           bigserial,                  -- the order in which they were asked for
    lease_until bigint NOT NULL DEFAULT 0   -- whoever gave it to the engine has so long
);
CREATE INDEX release_wanted_n ON release_wanted (n);
