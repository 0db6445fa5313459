/* proto/codec against jansson: decode and encode a VNFR of about 4 KB and an NSR of about 8 KB.
 *
 *     build/bench/codec [SECONDS]      each measurement takes so long, default 1
 *
 * jansson only builds its tree: finding the members in it, checking their types and copying them
 * into structs, which the codec does as well, would come on top. Prints one line per document. */
#include "proto/records/record.h"

#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

static double now(void)
{
    struct timespec t;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
    return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static void add_vdu(struct sbuf *out, int n)
{
    sbuf_addf(
        out,
        "{\"id\":\"7e0c2f5a-5d0e-4a53-9a4f-0000000000%02d\",\"hbVersion\":2,\"metadata\":{\"az\":"
        "\"zone-1\"},\"name\":\"web-%d\",\"vm_image\":[\"ubuntu-22.04\"],\"parent_vdu\":"
        "\"1b0c2f5a-5d0e-4a53-9a4f-000000000001\",\"scale_in_out\":3,\"lifecycle_event\":[],"
        "\"monitoring_parameter\":[\"system.cpu.load\"],\"vimInstanceName\":[\"pop-1\"],"
        "\"vnfc\":[{\"id\":\"2c0c2f5a-5d0e-4a53-9a4f-000000000002\",\"connection_point\":[{"
        "\"id\":\"3d0c2f5a-5d0e-4a53-9a4f-000000000003\",\"virtual_link_reference\":\"mgmt\","
        "\"floatingIp\":\"random\",\"interfaceId\":0}]}],\"vnfc_instance\":[",
        n, n);
    for (int i = 0; i < 2; i++)
        sbuf_addf(
            out,
            "%s{\"id\":\"4e0c2f5a-5d0e-4a53-9a4f-0000000000%d%d\",\"hostname\":\"web-%d-%d\","
            "\"vim_id\":\"5f0c2f5a-5d0e-4a53-9a4f-000000000005\",\"vc_id\":"
            "\"9b1d0f3e-7c2a-4f6b-8f1f-2a3b4c5d6e7f\",\"state\":\"ACTIVE\",\"connection_point\":[{"
            "\"virtual_link_reference\":\"mgmt\",\"interfaceId\":0}],\"ips\":[{\"netName\":"
            "\"mgmt\",\"ip\":\"10.1.0.%d\"}],\"floatingIps\":[{\"netName\":\"mgmt\",\"ip\":"
            "\"172.24.4.%d\"}]}",
            i ? "," : "", n, i, n, i, n * 8 + i, n * 8 + i);
    sbuf_adds(out, "]}");
}

static void make_vnfr(struct sbuf *out)
{
    sbuf_adds(
        out, "{\"id\":\"6a0c2f5a-5d0e-4a53-9a4f-000000000006\",\"hbVersion\":4,\"projectId\":"
             "\"8b0c2f5a-5d0e-4a53-9a4f-000000000008\",\"name\":\"web\",\"type\":\"web\","
             "\"endpoint\":\"generic\",\"vendor\":\"acme\",\"version\":\"1.0\",\"status\":"
             "\"INITIALIZED\",\"parent_ns_id\":\"9c0c2f5a-5d0e-4a53-9a4f-000000000009\",\"vdu\":[");
    add_vdu(out, 1);
    sbuf_addc(out, ',');
    add_vdu(out, 2);
    sbuf_adds(out, "],\"virtual_link\":[{\"name\":\"mgmt\",\"qos\":[],\"test_access\":[],"
                   "\"connection_points_references\":[]}],\"configurations\":{\"name\":\"web\","
                   "\"configurationParameters\":[");
    for (int i = 0; i < 6; i++)
        sbuf_addf(
            out,
            "%s{\"confKey\":\"PARAMETER_%d\",\"value\":\"some value \\u00fc %d\",\"description\":"
            "\"what it is for\"}",
            i ? "," : "", i, i);
    sbuf_adds(out, "]},\"lifecycle_event\":[{\"event\":\"INSTANTIATE\",\"lifecycle_events\":["
                   "\"install.sh\",\"configure.sh\"]},{\"event\":\"START\",\"lifecycle_events\":["
                   "\"start.sh\"]}],\"lifecycle_event_history\":[");
    for (int i = 0; i < 5; i++)
        sbuf_addf(
            out,
            "%s{\"event\":\"INSTANTIATE\",\"description\":\"VNFR web: instantiated on pop-1\","
            "\"executedAt\":\"2026.01.02-03:04:0%d:678-CET\"}",
            i ? "," : "", i);
    sbuf_adds(out, "],\"vnf_address\":[],\"cyclicDependency\":false,\"auto_scale_policy\":[],"
                   "\"connection_point\":[],\"monitoring_parameter\":[]}");
}

static void make_nsr(struct sbuf *out)
{
    sbuf_adds(out,
              "{\"id\":\"9c0c2f5a-5d0e-4a53-9a4f-000000000009\",\"name\":\"service\",\"vnfr\":[");
    make_vnfr(out);
    sbuf_addc(out, ',');
    make_vnfr(out);
    sbuf_adds(out, "],\"vlr\":[{\"name\":\"mgmt\",\"status\":\"LINKDOWN\"}],\"vnf_dependency\":[],"
                   "\"keyNames\":[],\"status\":\"ACTIVE\"}");
}

static size_t with_codec(const struct proto_type *type, const struct sbuf *text, struct arena *a,
                         struct sbuf *out)
{
    void *rec;
    arena_reset(a);
    sbuf_clear(out);
    if (proto_decode(type, text->s, text->len, 0, a, &rec, NULL) != ERR_OK)
        abort();
    proto_encode(type, rec, 0, out);
    return out->len;
}

static size_t with_jansson(const struct sbuf *text)
{
    json_t *value = json_loadb(text->s, text->len, 0, NULL);
    char *out = json_dumps(value, JSON_COMPACT);
    size_t len = strlen(out);
    free(out);
    json_decref(value);
    return len;
}

static void measure(const char *name, const struct proto_type *type, const struct sbuf *text,
                    double seconds)
{
    struct arena a = ARENA_INIT;
    struct sbuf out = SBUF_INIT;
    double took[2];
    long rounds[2] = {0};
    for (int i = 0; i < 2; i++) {
        double began = now();
        do {
            if ((i ? with_jansson(text) : with_codec(type, text, &a, &out)) == 0)
                abort();
            rounds[i]++;
        } while ((took[i] = now() - began) < seconds);
    }
    double us[2] = {took[0] / (double)rounds[0] * 1e6, took[1] / (double)rounds[1] * 1e6};
    printf("%s: %zu bytes, codec %.1f us (%.0f MB/s), jansson %.1f us (%.0f MB/s), ratio %.1f\n",
           name, text->len, us[0], (double)text->len / us[0], us[1], (double)text->len / us[1],
           us[1] / us[0]);
    arena_release(&a);
    sbuf_release(&out);
}

int main(int argc, char **argv)
{
    AUTO(sbuf_release) struct sbuf vnfr = SBUF_INIT, nsr = SBUF_INIT;
    double seconds = argc > 1 ? atof(argv[1]) : 1;
    make_vnfr(&vnfr);
    make_nsr(&nsr);
    measure("vnfr", &vnfr_type, &vnfr, seconds);
    measure("nsr", &nsr_type, &nsr, seconds);
    return 0;
}
