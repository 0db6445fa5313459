-- A call to a driver says in its data to which queue it went: with that, it follows a driver to its room, and is lost with one that dies.
-- Releases of before rooms wrote nothing there, or "doubt", and took the first queue of the PoP's type.
UPDATE command c SET data = CASE c.data WHEN 'doubt' THEN 'doubt ' ELSE '' END || d.queue
FROM pop p, LATERAL (SELECT v.queue FROM vim_driver v WHERE v.queue = 'vim-drivers.' || p.type OR
    starts_with(v.queue, 'vim-drivers.' || p.type || '.') ORDER BY v.queue LIMIT 1) d
WHERE c.kind IN ('LAUNCH', 'DELETE', 'REFRESH', 'CREATE_NETWORK', 'LIST_SERVERS', 'GET_QUOTA') AND c.data IN ('', 'doubt')
    AND p.id = CASE c.agg_kind WHEN 'pop' THEN c.agg ELSE (SELECT i.pop_id FROM instance i WHERE i.id = c.subject AND i.agg = c.agg) END;
