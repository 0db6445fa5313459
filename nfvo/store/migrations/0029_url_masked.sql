-- A URL as people are shown it, as http_url_mask (common/http/url.h) does: neither login nor values of the query.
CREATE FUNCTION url_masked(url text) RETURNS text LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE AS $$
    SELECT regexp_replace(regexp_replace(url, '^([^?#]*?://)?[^/?#]*@', '\1***@'), '([?&#][^=&#?]*=)[^&#]*', '\1***', 'g')
$$;
-- A subscription with its address so.
CREATE FUNCTION event_doc_masked(doc text) RETURNS text LANGUAGE sql STABLE STRICT PARALLEL SAFE AS $$
    SELECT CASE WHEN doc_json(doc) ->> 'type' = 'REST' AND url_masked(doc_json(doc) ->> 'endpoint') <> doc_json(doc) ->> 'endpoint'
        THEN jsonb_set(doc_json(doc)::jsonb, '{endpoint}', to_jsonb(url_masked(doc_json(doc) ->> 'endpoint')))::text ELSE doc END
$$;
-- Reasons that older processes kept quote the URL, and tell a closed port from one that does not answer.
UPDATE event_target SET fault = 'it gave no answer' WHERE type = 'REST' AND fault <> '';
