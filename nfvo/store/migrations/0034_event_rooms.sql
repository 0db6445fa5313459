-- A queue of one name in two rooms are two targets: the room is part of the key. Of the inner one, '', keys stay as they were.
ALTER TABLE event_target ADD COLUMN room text NOT NULL DEFAULT '';
ALTER TABLE event_endpoint DROP COLUMN target;
ALTER TABLE event_endpoint ADD COLUMN target text NOT NULL
    GENERATED ALWAYS AS (md5(coalesce(doc_json(doc) ->> 'type', '') || ' ' || coalesce(doc_json(doc) ->> 'endpoint', '') ||
                             CASE WHEN room = '' THEN '' ELSE E'\n' || room END)) STORED;
CREATE INDEX event_endpoint_target_key ON event_endpoint (target);
