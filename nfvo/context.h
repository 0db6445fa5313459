/* What one nfvo process has in hand: its options and the things its duties opened. */
#ifndef NFVO_CONTEXT_H
#define NFVO_CONTEXT_H

#include <pthread.h>

#include "common/bus/bus.h"
#include "common/http/dial.h"
#include "nfvo/options.h"

struct reconciler;
struct rest_vnfms;
struct rooms;
struct workers;
struct nfvo {
    struct nfvo_options options;
    struct store *store;
    struct audit *audit;
    struct registry *registry;
    pthread_mutex_t workers_lock; /* the registry is there before the workers, and after them */
    struct workers *workers;
    struct rooms *rooms;
    struct dispatcher *events;
    struct rest_vnfms *rest_vnfms;
    struct reconciler *reconciler;
    struct api *api;
    struct api_commands commands;
    struct api_host host;
    struct registry_setup registry_setup;
    struct dispatcher_setup dispatcher_setup;
    struct bus_options registry_bus, workers_bus, events_bus, rest_vnfms_bus;
    struct dial_rules dial; /* of option outbound-allow */
};

/* Reads the options that are texts of a form: for the start and --check-config. */
enum err_code nfvo_check_options(void *ctx, struct err *err);
/* Duties with something to put together first. */
enum err_code nfvo_open_registry(struct nfvo *n, struct err *err);
enum err_code nfvo_open_workers(struct nfvo *n, struct err *err);
void nfvo_close_workers(struct nfvo *n);
enum err_code nfvo_open_events(struct nfvo *n, struct err *err);
enum err_code nfvo_open_rest_vnfms(struct nfvo *n, struct err *err);
enum err_code nfvo_open_reconciler(struct nfvo *n, struct err *err);
enum err_code nfvo_open_api(struct nfvo *n, struct err *err);
/* Ends early when the process is told to stop. */
void nfvo_pause_ms(int ms);

#endif
