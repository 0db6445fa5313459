-- What a peer is written with, as an operator says it: VNFM SDKs answer differently (nfvo/lifecycle/operation/answers.h). '': not told.
ALTER TABLE manager_credentials ADD COLUMN sdk text NOT NULL DEFAULT '' CHECK (sdk IN ('', 'c', 'java', 'python', 'go'));
