/* What a peer says to QUEUE_MANAGER_HANDLING: the body of a registration, and the list of instances
 * that it changes. Whatever is taken keeps the rules by which rights are made of it; what is not,
 * says why; and the same body as a dead letter shows no password. */
#include "common/base/sbuf.h"
#include "nfvo/vnfm/internal.h"
#include "proto/codec/mask.h"
#include "proto/topology.h"
#include "proto/types.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void finding(const char *what, const char *detail)
{
    fprintf(stderr, "finding: %s: %s\n", what, detail);
    abort();
}

static void check_taken(const struct manager_request *q, struct arena *a)
{
    static const char plain[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789._-";
    if (!q->username || !*q->username)
        finding("no name", "");
    for (uint32_t i = 0; i < q->capabilities.n; i++)
        if (q->capabilities.at[i][strspn(q->capabilities.at[i], plain)])
            finding("a capability that is no word", q->capabilities.at[i]);
    if (q->instance) {
        const char *list = instances_with("one two", q->instance, a);
        if (q->instance[strspn(q->instance, plain)] || !strstr(list, q->instance))
            finding("an instance that is no word", q->instance);
        if (strcmp(instances_without(list, q->instance, a), "one two") != 0 &&
            strcmp(q->instance, "one") != 0 && strcmp(q->instance, "two") != 0)
            finding("an instance does not go", list);
    }
    if (!q->is_register)
        return;
    if (strcmp(q->username, "openbaton-manager-user") == 0 || strcmp(q->username, "admin") == 0)
        finding("an account of the NFVO's", q->username);
    bool is_rest =
        q->is_vnfm && q->endpoint->endpoint_type && strcmp(q->endpoint->endpoint_type, "REST") == 0;
    enum err_code rc =
        q->is_vnfm ? topology_check_vnfm(q->username, is_rest ? q->username : q->endpoint->endpoint,
                                         "admin", NULL)
                   : topology_check_plugin(q->username, "admin", NULL);
    if (rc != ERR_OK)
        finding("a name that may not be", q->username);
}

static void check_mask(const char *text, size_t len, struct arena *a)
{
    AUTO(sbuf_release) struct sbuf out = SBUF_INIT, again = SBUF_INIT;
    struct registration *reg = NULL;
    if (proto_mask_text(proto_types, text, len, &out, NULL) != ERR_OK) {
        if (out.len)
            finding("a part of what cannot be read", out.s);
        return;
    }
    if (proto_mask_text(proto_types, out.s, out.len, &again, NULL) != ERR_OK ||
        strcmp(out.s, again.s) != 0)
        finding("masked twice is another", again.s);
    if (proto_decode(&registration_type, out.s, out.len, 0, a, &reg, NULL) == ERR_OK &&
        reg->password && *reg->password && strcmp(reg->password, "**********") != 0)
        finding("a password", reg->password);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    AUTO(arena_release) struct arena a = ARENA_INIT;
    static const struct registry_options options = {.registration_user = "openbaton-manager-user",
                                                    .management_user = "admin"};
    static const struct bus_options bus = {.user = "admin"};
    static const struct registry_setup setup = {.options = &options, .bus = &bus};
    const char *text = arena_strndup(&a, (const char *)data, size);
    struct manager_request q = {0};
    struct err err = ERR_INIT;
    if (manager_request_read(text, size, &setup, &a, &q, &err) == ERR_OK)
        check_taken(&q, &a);
    else if (!err.msg[0])
        finding("no reason", text);
    check_mask(text, size, &a);
    return 0;
}
