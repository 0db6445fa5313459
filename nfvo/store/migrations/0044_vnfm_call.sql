-- Requests to VNFMs over HTTP (nfvo/vnfm/rest.h) that a process has in hand. It is not known any more what became of one whose
-- process ended after it was sent, and it is told so where it must not be sent twice. Goes with its command.
CREATE TABLE vnfm_call (
    command     text PRIMARY KEY,           -- id of the command
    sender      text NOT NULL,              -- the process
    alive_at    bigint NOT NULL,            -- that process has it in hand since
    is_sent     boolean NOT NULL DEFAULT false
);
