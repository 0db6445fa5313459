/* Calls of VNFMs over HTTP (nfvo/api/admin/rest_vnfm.c): by whom. */
#ifndef NFVO_API_REQUEST_REST_VNFM_H
#define NFVO_API_REQUEST_REST_VNFM_H

#include "nfvo/api/context.h"

/* Of a path with API_VNFM: from a network of rest-vnfm-networks, by itself (no web page, no proxy that
 * does not say for whom), and with the token, if there is one (decisions.md D10)? ERR_DENIED. */
MUST_USE enum err_code rest_vnfm_admit(const struct call *c, struct err *err);

#endif
