#include "nfvo/cli/show.h"

#include "common/base/text.h"
#include "common/sys/clock.h"
#include "nfvo/cli/words.h"

#include <string.h>
#include <time.h>

static void count_members(const json_t *object, const char *member, struct sbuf *cell)
{
    sbuf_addf(cell, "%zu", json_array_size(json_object_get(object, member)));
}
/* The slim form of a list says only how many there are. */
static void count_or_say(const json_t *object, const char *count, const char *members,
                         struct sbuf *cell)
{
    const json_t *n = json_object_get(object, count);
    if (json_is_integer(n))
        sbuf_addf(cell, "%" JSON_INTEGER_FORMAT, json_integer_value(n));
    else
        count_members(object, members, cell);
}
static void count_images(const json_t *pop, struct sbuf *cell)
{
    count_or_say(pop, "imageCount", "images", cell);
}
static void count_networks(const json_t *pop, struct sbuf *cell)
{
    count_or_say(pop, "networkCount", "networks", cell);
}
static void url_of_pop(const json_t *pop, struct sbuf *cell)
{
    text_mask_url(cell, cli_json_str(pop, "authUrl"));
}
static void url_of_scripts(const json_t *package, struct sbuf *cell)
{
    text_mask_url(cell, cli_json_str(package, "scriptsLink"));
}
static void name_vnfds(const json_t *nsd, struct sbuf *cell)
{
    size_t i;
    json_t *vnfd;
    json_array_foreach(json_object_get(nsd, "vnfd"), i, vnfd)
        sbuf_addf(cell, "%s%s", i ? ", " : "", cli_json_str(vnfd, "name"));
}
static void active_of_all(const json_t *nsr, struct sbuf *cell)
{
    sbuf_addf(cell, "%zu/%zu", cli_count_vnfrs(nsr, "ACTIVE"), cli_count_vnfrs(nsr, NULL));
}
static void count_nsr_instances(const json_t *nsr, struct sbuf *cell)
{
    sbuf_addf(cell, "%zu", cli_count_instances(nsr));
}

/* "2026.12.01 at 15:20:07 UTC", the reference's way. */
static void print_age(const json_t *object, struct sbuf *cell)
{
    struct tm tm = {0};
    const char *text = cli_json_str(object, "createdAt");
    if (sscanf(text, "%4d.%2d.%2d at %2d:%2d:%2d UTC", &tm.tm_year, &tm.tm_mon, &tm.tm_mday,
               &tm.tm_hour, &tm.tm_min, &tm.tm_sec) != 6) {
        sbuf_adds(cell, text);
        return;
    }
    tm.tm_year -= 1900;
    tm.tm_mon -= 1;
    cli_put_age(cell, clock_wall_us() - (int64_t)timegm(&tm) * USEC_PER_SEC);
}

const struct cli_column cli_pop_columns[] = {{.heading = "NAME", .path = "name"},
                                             {.heading = "ID", .path = "id"},
                                             {.heading = "TYPE", .path = "type"},
                                             {.heading = "URL", .print = url_of_pop},
                                             {.heading = "ACTIVE", .path = "active"},
                                             {.heading = "IMAGES", .print = count_images},
                                             {.heading = "NETWORKS", .print = count_networks},
                                             {0}};
const struct cli_column cli_nsd_columns[] = {
    {.heading = "NAME", .path = "name"},       {.heading = "ID", .path = "id"},
    {.heading = "VENDOR", .path = "vendor"},   {.heading = "VERSION", .path = "version"},
    {.heading = "VNFDS", .print = name_vnfds}, {0}};
const struct cli_column cli_nsr_columns[] = {
    {.heading = "NAME", .path = "name"},
    {.heading = "ID", .path = "id"},
    {.heading = "STATUS", .path = "status"},
    {.heading = "TASK", .path = "task"},
    {.heading = "VNFS ACTIVE", .print = active_of_all},
    {.heading = "INSTANCES", .print = count_nsr_instances},
    {.heading = "AGE", .print = print_age, .is_narrow = true},
    {.heading = "CREATED", .path = "createdAt", .is_wide = true},
    {.heading = "UPDATED", .path = "updatedAt", .is_wide = true},
    {.heading = "VENDOR", .path = "vendor", .is_wide = true},
    {.heading = "VERSION", .path = "version", .is_wide = true},
    {.heading = "NSD", .path = "descriptor_reference", .is_wide = true},
    {0}};
static void print_last_delivery(const json_t *event, struct sbuf *cell)
{
    const json_t *at = json_object_get(json_object_get(event, "lastDelivery"), "at");
    if (at)
        cli_put_clock(cell, json_integer_value(at), clock_wall_us());
}

const struct cli_column cli_event_columns[] = {
    {.heading = "NAME", .path = "name"},
    {.heading = "ID", .path = "id"},
    {.heading = "EVENT", .path = "event"},
    {.heading = "SENT BY", .path = "type"},
    {.heading = "ENDPOINT", .path = "endpoint"},
    {.heading = "NSR", .path = "networkServiceId"},
    {.heading = "VNFR", .path = "virtualNetworkFunctionId"},
    {.heading = "LAST SENT", .print = print_last_delivery},
    {.heading = "FAULT", .path = "fault.message"},
    {0}};

static void count_scripts(const json_t *package, struct sbuf *cell)
{
    count_members(package, "scripts", cell);
}
static void name_vim_types(const json_t *package, struct sbuf *cell);
const struct cli_column cli_package_columns[] = {
    {.heading = "NAME", .path = "name"},
    {.heading = "ID", .path = "id"},
    {.heading = "VENDOR", .path = "vnfPackageMetadata.vendor"},
    {.heading = "VERSION", .path = "vnfPackageVersion"},
    {.heading = "VNFM", .path = "vnfPackageMetadata.vnfmType"},
    {.heading = "POP TYPES", .print = name_vim_types},
    {.heading = "SCRIPTS", .print = count_scripts},
    {0}};
static const struct cli_column package_details[] = {
    {.heading = "DESCRIPTION", .path = "vnfPackageMetadata.description"},
    {.heading = "SCRIPTS FROM", .print = url_of_scripts},
    {.heading = "CHANGES", .path = "hbVersion"},
    {0}};
static void size_of_script(const json_t *script, struct sbuf *cell)
{
    sbuf_addf(cell, "%zu", json_array_size(json_object_get(script, "payload")));
}
static const struct cli_column script_columns[] = {{.heading = "SCRIPT", .path = "name"},
                                                   {.heading = "BYTES", .print = size_of_script},
                                                   {.heading = "ID", .path = "id"},
                                                   {0}};

static const struct cli_column image_columns[] = {{.heading = "IMAGE", .path = "name"},
                                                  {.heading = "EXTERNAL ID", .path = "extId"},
                                                  {.heading = "STATUS", .path = "status"},
                                                  {0}};
static const struct cli_column network_columns[] = {{.heading = "NETWORK", .path = "name"},
                                                    {.heading = "EXTERNAL ID", .path = "extId"},
                                                    {.heading = "EXTERNAL", .path = "external"},
                                                    {.heading = "SUBNET", .path = "subnet"},
                                                    {0}};
static const struct cli_column flavour_columns[] = {{.heading = "FLAVOUR", .path = "flavour_key"},
                                                    {.heading = "VCPUS", .path = "vcpus"},
                                                    {.heading = "RAM MB", .path = "ram"},
                                                    {.heading = "DISK GB", .path = "disk"},
                                                    {0}};

static void print_part(struct cli *c, const struct cli_column *columns, const json_t *list)
{
    if (json_array_size(list) == 0)
        return;
    fputc('\n', c->out);
    cli_print_list(c, columns, list);
}

void cli_show_pop(struct cli *c, const json_t *pop)
{
    cli_print_fields(c, cli_pop_columns, pop);
    cli_print_fault_below(c->out, json_object_get(pop, "fault"));
    print_part(c, image_columns, json_object_get(pop, "images"));
    print_part(c, network_columns, json_object_get(pop, "networks"));
    print_part(c, flavour_columns, json_object_get(pop, "flavours"));
}

static void join_strings(const json_t *list, struct sbuf *out)
{
    size_t i;
    json_t *text;
    json_array_foreach(list, i, text) sbuf_addf(
        out, "%s%s", i ? ", " : "", json_string_value(text) ? json_string_value(text) : "");
}

static void name_vim_types(const json_t *package, struct sbuf *cell)
{
    join_strings(json_object_get(package, "vimTypes"), cell);
}

void cli_show_package(struct cli *c, const json_t *package)
{
    cli_print_fields(c, cli_package_columns, package);
    cli_print_fields(c, package_details, package);
    print_part(c, script_columns, json_object_get(package, "scripts"));
}

static void vdus_of(const json_t *vnfd, struct sbuf *cell)
{
    size_t i;
    json_t *vdu;
    json_array_foreach(json_object_get(vnfd, "vdu"), i, vdu)
    {
        sbuf_addf(cell, "%s%s x%zu on ", i ? "; " : "", cli_json_str(vdu, "name"),
                  json_array_size(json_object_get(vdu, "vnfc")));
        size_t len = cell->len;
        join_strings(json_object_get(vdu, "vimInstanceName"), cell);
        if (cell->len == len)
            sbuf_adds(cell, "any PoP");
    }
}

static void parameters_of(const json_t *dependency, struct sbuf *cell)
{
    join_strings(json_object_get(dependency, "parameters"), cell);
}

static const char *name_or_text(const json_t *value)
{
    return json_is_object(value)   ? cli_json_str(value, "name")
           : json_is_string(value) ? json_string_value(value)
                                   : "";
}
static void source_of(const json_t *dependency, struct sbuf *cell)
{
    sbuf_adds(cell, name_or_text(json_object_get(dependency, "source")));
}
static void target_of(const json_t *dependency, struct sbuf *cell)
{
    sbuf_adds(cell, name_or_text(json_object_get(dependency, "target")));
}

static const struct cli_column vnfd_columns[] = {
    {.heading = "VNFD", .path = "name"},     {.heading = "TYPE", .path = "type"},
    {.heading = "VNFM", .path = "endpoint"}, {.heading = "VDUS", .print = vdus_of},
    {.heading = "ID", .path = "id"},         {0}};
static const struct cli_column dependency_columns[] = {
    {.heading = "TARGET", .print = target_of},
    {.heading = "NEEDS FROM", .print = source_of},
    {.heading = "PARAMETERS", .print = parameters_of},
    {0}};

void cli_show_nsd(struct cli *c, const json_t *nsd)
{
    cli_print_fields(c, cli_nsd_columns, nsd);
    print_part(c, vnfd_columns, json_object_get(nsd, "vnfd"));
    print_part(c, dependency_columns, json_object_get(nsd, "vnf_dependency"));
}

size_t cli_count_vnfrs(const json_t *nsr, const char *status)
{
    size_t i, n = 0;
    json_t *vnfr;
    json_array_foreach(json_object_get(nsr, "vnfr"), i, vnfr) n +=
        !status || strcmp(cli_json_str(vnfr, "status"), status) == 0;
    return n;
}

size_t cli_count_instances(const json_t *nsr)
{
    size_t i, k, n = 0;
    json_t *vnfr, *vdu, *count = json_object_get(nsr, "instances");
    if (json_is_integer(count)) /* the slim form of a list */
        return (size_t)json_integer_value(count);
    json_array_foreach(json_object_get(nsr, "vnfr"), i, vnfr)
        json_array_foreach(json_object_get(vnfr, "vdu"), k, vdu) n +=
        json_array_size(json_object_get(vdu, "vnfc_instance"));
    return n;
}
