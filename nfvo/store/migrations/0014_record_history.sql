-- What happened to a record (a VNFR's lifecycle_event_history) is rows beside its document: that is read and written with each message, and
-- its history grows. A ring: the last 500 lines.
CREATE TABLE record_history (
    subject     text NOT NULL,              -- vnfr
    slot        integer NOT NULL,           -- n modulo 500
    n           bigint NOT NULL,            -- numbers the lines of a record
    key         text NOT NULL,              -- md5 of what a peer said, so that it says it once; '': a line of ours
    doc         text NOT NULL,
    PRIMARY KEY (subject, slot)
);
CREATE FUNCTION record_history_drop() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    DELETE FROM record_history WHERE subject IN (SELECT id FROM gone);
    RETURN NULL;
END $$;
CREATE TRIGGER record_history_drop AFTER DELETE ON vnfr REFERENCING OLD TABLE AS gone FOR EACH STATEMENT EXECUTE FUNCTION record_history_drop();

-- What stands in the documents moves. A document that cannot be read is left alone; one that an older process writes meanwhile is moved by
-- the worker that reads it next.
DO $$
DECLARE
    v record;
    lines bigint;
BEGIN
    FOR v IN SELECT id, doc, state FROM vnfr WHERE strpos(doc, '"lifecycle_event_history":') > 0 LOOP
        BEGIN
            INSERT INTO record_history SELECT v.id, (o - 1) % 500, o - 1, '', e::text
                FROM json_array_elements(v.doc::json -> 'lifecycle_event_history') WITH ORDINALITY AS t(e, o) ORDER BY o DESC LIMIT 500;
            SELECT coalesce(max(n) + 1, 0) INTO lines FROM record_history WHERE subject = v.id;
            UPDATE vnfr SET doc = (v.doc::jsonb - 'lifecycle_event_history')::text,
                state = (coalesce(nullif(v.state, ''), '{}')::jsonb || jsonb_build_object('historyLines', lines))::text WHERE id = v.id;
        EXCEPTION WHEN OTHERS THEN
            RAISE NOTICE 'vnfr %: its history stays in its document: %', v.id, SQLERRM;
        END;
    END LOOP;
END $$;
