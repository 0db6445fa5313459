-- Where secrets stand in a body, and which (common/fsm/decision.h, struct send_ref; form: common/ports/pg_internal.h). They were marks
-- inside of the body, E'\x01pop:<id>:<version>:<zone>\x01', which a user's zone could forge.
ALTER TABLE outbox ADD COLUMN refs text NOT NULL DEFAULT '';

-- What waits there now is rewritten: odd pieces between marks are text, even ones references.
WITH piece AS (
    SELECT o.stream, o.seq, t.n, t.p, sum(CASE WHEN t.n % 2 = 1 THEN octet_length(t.p) ELSE 0 END) OVER (PARTITION BY o.stream, o.seq ORDER BY t.n) AS at
    FROM outbox o, unnest(string_to_array(o.body, E'\x01')) WITH ORDINALITY AS t(p, n) WHERE strpos(o.body, E'\x01') > 0),
reference AS (
    SELECT stream, seq, n, at, CASE split_part(p, ':', 1) WHEN 'pop' THEN 1 WHEN 'pkg' THEN 2 ELSE 3 END AS kind,
        split_part(p, ':', 2) AS id, coalesce(substring(p FROM '^p[ok][pg]:[^:]*:(\d{1,18})'), '0') AS version,
        coalesce(substring(p FROM '^pop:[^:]*:\d*:(.*)$'), '') AS arg
    FROM piece WHERE n % 2 = 0),
row_of AS (
    SELECT stream, seq, string_agg(p, '' ORDER BY n) FILTER (WHERE n % 2 = 1) AS body FROM piece GROUP BY stream, seq),
refs_of AS (
    SELECT stream, seq, string_agg(format('%s %s %s %s:%s%s:%s', at, kind, version, octet_length(id), id, octet_length(arg), arg), '' ORDER BY n) AS refs
    FROM reference GROUP BY stream, seq)
UPDATE outbox o SET body = row_of.body, refs = refs_of.refs FROM row_of JOIN refs_of USING (stream, seq)
WHERE o.stream = row_of.stream AND o.seq = row_of.seq;
