#include "proto/messages/driver_methods.h"

#include "proto/records/descriptor.h"
#include "proto/records/record.h"
#include "proto/records/vim.h"

#include <string.h>

/* clang-format off */
#define TEXT(n)      {n, NULL, false, "text"}
#define TEXTS(n)     {n, NULL, false, "texts"}
#define KEYED(n)     {n, NULL, false, "texts by key"}
#define BYTES(n)     {n, NULL, false, "bytes"}
#define ONE(n, t)    {n, &t##_type, false, NULL}
#define MANY(n, t)   {n, &t##_type, true, NULL}
#define BOOLEAN      {"", NULL, false, "boolean"}
#define NOTHING      {"", NULL, false, "none"}
#define NONE         {{0}}
#define LAUNCH       TEXT("name"), TEXT("image (extId)"), TEXT("flavour (extId)"), TEXT("key pair"), MANY("connection points", vnfd_connection_point), \
                     TEXTS("security groups"), TEXT("user data")

const struct driver_method driver_methods[] = {
    {"refresh",                 true, NONE, ONE("", vim_instance), "what is there: the VIM instance with images, networks, flavours, zones and keys"},
    {"listImages",              false, NONE, MANY("", image), "the images"},
    {"listNetworks",            false, NONE, MANY("", network), "the networks with their subnets"},
    {"listFlavors",             false, NONE, MANY("", deployment_flavour), "the flavours"},
    {"listServer",              true, NONE, MANY("", server), "the servers of this tenant: also how the NFVO looks whether a launch was done"},
    {"launchInstanceAndWait",   true, {LAUNCH, KEYED("floating addresses"), MANY("keys", ssh_key)}, ONE("", server), "start a server and wait until it runs. A driver that registered with client_token does it once for a clientToken"},
    {"launchInstanceAndWait",   false, {LAUNCH}, ONE("", server), "the same, without floating addresses and keys"},
    {"launchInstance",          false, {LAUNCH}, ONE("", server), "the same, without waiting"},
    {"rebuildServer",           true, {TEXT("server (extId)"), TEXT("image (extId)")}, ONE("", server), "the server anew from an image; its addresses stay"},
    {"deleteServerByIdAndWait", true, {TEXT("server (extId)")}, NOTHING, "remove the server. Drivers of the reference answer nothing; one that is gone already is no error"},
    {"createNetwork",           true, {ONE("network", network)}, ONE("", network), "a network; the answer has its extId"},
    {"updateNetwork",           false, {ONE("network", network)}, ONE("", network), "change it"},
    {"deleteNetwork",           false, {TEXT("network (extId)")}, BOOLEAN, "remove it"},
    {"getNetworkById",          false, {TEXT("network (extId)")}, ONE("", network), "one network"},
    {"createSubnet",            false, {ONE("network", network), ONE("subnet", subnet)}, ONE("", subnet), "a subnet of it; the answer has its extId"},
    {"updateSubnet",            false, {ONE("network", network), ONE("subnet", subnet)}, ONE("", subnet), "change it"},
    {"getSubnetsExtIds",        false, {TEXT("network (extId)")}, {"", NULL, false, "texts"}, "the extIds of its subnets"},
    {"deleteSubnet",            false, {TEXT("subnet (extId)")}, BOOLEAN, "remove it"},
    {"addFlavor",               false, {ONE("flavour", deployment_flavour)}, ONE("", deployment_flavour), "add a flavour; the answer has its extId"},
    {"updateFlavor",            false, {ONE("flavour", deployment_flavour)}, ONE("", deployment_flavour), "change it"},
    {"deleteFlavor",            false, {TEXT("flavour (extId)")}, BOOLEAN, "remove it"},
    {"addImage",                false, {ONE("image", image), BYTES("file, or its URL")}, ONE("", image), "add an image"},
    {"addImage",                true,  {ONE("image", image), TEXT("URL"), TEXT("token of the image repository")}, ONE("", image), "the same, from where a token is needed"},
    {"updateImage",             false, {ONE("image", image)}, ONE("", image), "change it"},
    {"copyImage",               false, {ONE("image", image), BYTES("file")}, ONE("", image), "copy it"},
    {"deleteImage",             false, {ONE("image", image)}, BOOLEAN, "remove it"},
    {"getQuota",                true, NONE, ONE("", quota), "the limits of this tenant; -1: none"},
    {"getType",                 false, NONE, {"", NULL, false, "text"}, "the driver's type"},
    {0},
};
/* clang-format on */

size_t driver_method_parameters(const struct driver_method *m)
{
    size_t n = 0;
    while (m->parameters[n].name)
        n++;
    return n;
}

static void describe(const struct driver_value *v, struct sbuf *out)
{
    if (v->record)
        sbuf_addf(out, "%s[%s](messages.md#%s)", v->is_list ? "list of " : "", v->record->name,
                  v->record->name);
    else
        sbuf_adds(out, v->word);
}

void driver_methods_describe(struct sbuf *out)
{
    sbuf_adds(
        out,
        "# Methods of VIM drivers\n\nMade from `proto/messages/driver_methods.c`. Parameters are "
        "positional; the first, always, is the VIM instance. None is null. How a call and "
        "an answer look: amqp-protocol.md 5.\n\n"
        "| Method | Parameters behind the VIM instance | Answer | Called by the NFVO | Does |\n"
        "|---|---|---|---|---|\n");
    for (const struct driver_method *m = driver_methods; m->name; m++) {
        sbuf_addf(out, "| `%s` | ", m->name);
        for (const struct driver_value *p = m->parameters; p->name; p++) {
            sbuf_addf(out, "%s%s: ", p == m->parameters ? "" : ", ", p->name);
            describe(p, out);
        }
        sbuf_adds(out, m->parameters[0].name ? " | " : "- | ");
        describe(&m->answer, out);
        sbuf_addf(out, " | %s | %s |\n", m->is_called ? "yes" : "no", m->text);
    }
}

static void schema(const struct driver_value *v, const char *refs, struct sbuf *out)
{
    static const struct {
        const char *word, *schema;
    } words[] = {
        {"text", "\"type\":\"string\""},
        {"texts", "\"type\":\"array\",\"items\":{\"type\":\"string\"}"},
        {"texts by key", "\"type\":\"object\",\"additionalProperties\":{\"type\":\"string\"}"},
        {"bytes", "\"type\":\"string\",\"contentEncoding\":\"base64\""},
        {"boolean", "\"type\":\"boolean\""},
    };
    sbuf_addf(out, "{%s%s%s", *v->name ? "\"title\":\"" : "", v->name, *v->name ? "\"" : "");
    if (v->record)
        sbuf_addf(out, "%s%s\"$ref\":\"%s%s\"%s", *v->name ? "," : "",
                  v->is_list ? "\"type\":\"array\",\"items\":{" : "", refs, v->record->name,
                  v->is_list ? "}" : "");
    for (size_t i = 0; !v->record && i < ARRAY_LEN(words); i++)
        if (strcmp(words[i].word, v->word) == 0)
            sbuf_addf(out, "%s%s", *v->name ? "," : "", words[i].schema);
    sbuf_addc(out, '}');
}

void driver_methods_json(const char *refs, struct sbuf *out)
{
    for (const struct driver_method *m = driver_methods; m->name; m++) {
        sbuf_addf(out, "%s\"%s/%zu\":{\"description\":", m == driver_methods ? "{" : ",", m->name,
                  driver_method_parameters(m));
        proto_quotes(out, m->text);
        sbuf_addf(out,
                  ",\"calledByNfvo\":%s,\"parameters\":[{\"title\":\"VIM "
                  "instance\",\"$ref\":\"%svim_instance\"}",
                  m->is_called ? "true" : "false", refs);
        for (const struct driver_value *p = m->parameters; p->name; p++) {
            sbuf_addc(out, ',');
            schema(p, refs, out);
        }
        sbuf_adds(out, "],\"answer\":");
        schema(&m->answer, refs, out);
        sbuf_addc(out, '}');
    }
    sbuf_addc(out, '}');
}
