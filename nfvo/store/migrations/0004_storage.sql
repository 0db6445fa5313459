-- How what changes often is kept.
--
-- Documents of some KB are compressed when they are written; lz4 does that at a tenth of the cost of the default.
ALTER TABLE nsr    ALTER COLUMN doc  SET COMPRESSION lz4;
ALTER TABLE vnfr   ALTER COLUMN doc  SET COMPRESSION lz4;
ALTER TABLE outbox ALTER COLUMN body SET COMPRESSION lz4;
ALTER TABLE nsd    ALTER COLUMN doc  SET COMPRESSION lz4;
ALTER TABLE vnfd   ALTER COLUMN doc  SET COMPRESSION lz4;
ALTER TABLE pop    ALTER COLUMN doc  SET COMPRESSION lz4;

-- A record is written about seven times while it is deployed: with room in its page each version but the first stays there, and no
-- index has to know of it.
ALTER TABLE nsr      SET (fillfactor = 50);
ALTER TABLE vnfr     SET (fillfactor = 50, toast_tuple_target = 4080);
ALTER TABLE instance SET (fillfactor = 50);

-- Queues: rows come and go, and the share of dead ones says nothing. Swept by number.
ALTER TABLE outbox  SET (autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 5000);
ALTER TABLE command SET (autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 5000);
