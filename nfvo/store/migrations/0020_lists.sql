-- Lists in pieces: a piece begins behind the time and id of the last one (nfvo/store/store_list.c), in one project or in all.
CREATE INDEX nsr_created            ON nsr            (created_at, id);
CREATE INDEX nsd_created            ON nsd            (created_at, id);
CREATE INDEX vnfd_created           ON vnfd           (created_at, id);
CREATE INDEX vnf_package_created    ON vnf_package    (created_at, id);
CREATE INDEX pop_created            ON pop            (created_at, id);
CREATE INDEX event_endpoint_created ON event_endpoint (created_at, id);
