/* What one vnfm-generic process has in hand: its options and the things its duties opened. */
#ifndef VNFM_GENERIC_CONTEXT_H
#define VNFM_GENERIC_CONTEXT_H

#include "common/sys/ids.h"
#include "vnfm-generic/ems/links.h"
#include "vnfm-generic/options.h"
#include "vnfm-generic/scheduler/scheduler.h"
#include "vnfm-generic/sdk/ob_vnfm.h"

struct metrics_page;

struct generic {
    struct generic_options options;
    char instance[ID_SIZE];
    char *user_data; /* template */
    char *agents_ca; /* PEM text; may be NULL */
    struct scheduler_options scheduler_options;
    struct scheduler *scheduler;
    struct ems_links *links;
    struct ob_vnfm *vnfm;
    struct metrics_page *page;
};

#endif
