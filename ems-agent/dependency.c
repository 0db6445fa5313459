/* SAVE_VNFR_DEPENDENCY: what a VNF was told about the others, as files that scripts read. */
#include "ems-agent/agent.h"
#include "ems-agent/folder.h"
#include "proto/records/record.h"

#include <ctype.h>
#include <string.h>

/* --- ob_parameters.sh, to be sourced --- */

/* A value is a word of a shell. The reference writes it as it is; so do we where that means the
 * same. */
static void add_word(struct sbuf *out, const char *value)
{
    static const char plain[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789"
                                "_-+=:,./@%^";

    if (strspn(value, plain) == strlen(value)) {
        sbuf_adds(out, value);
        return;
    }
    sbuf_addc(out, '\'');
    for (; *value; value++) {
        if (*value == '\'')
            sbuf_adds(out, "'\\''");
        else
            sbuf_addc(out, *value);
    }
    sbuf_addc(out, '\'');
}

static void add_name(struct sbuf *out, const char *text)
{
    for (; *text; text++)
        sbuf_addc(out, isalnum((unsigned char)*text) ? *text : '_');
}

static void add_export(struct sbuf *out, const char *type, const char *what, const char *key,
                       const char *value)
{
    sbuf_adds(out, "export OB_");
    add_name(out, type);
    sbuf_addf(out, "_%s_", what);
    add_name(out, key);
    sbuf_addc(out, '=');
    add_word(out, value);
    sbuf_addc(out, '\n');
}

static void add_vnf_exports(struct sbuf *out, const struct dependency_parameters_map *map)
{
    sbuf_adds(out, "# VNF Parameters\n");
    for (uint32_t i = 0; i < map->n; i++) {
        const struct dependency_parameters *p = map->at[i].value;
        for (uint32_t k = 0; p && k < p->parameters.n; k++)
            add_export(out, map->at[i].key, "VNF", p->parameters.at[k].key,
                       p->parameters.at[k].value);
    }
}

static const char *value_in(const struct dependency_parameters *p, const char *key)
{
    const char *value = p ? proto_strmap_get(&p->parameters, key) : NULL;
    return value ? value : "NA";
}

/* Is it the first instance that has this key? Each key is written once. */
static bool is_first(const struct dependency_parameters_map *instances, uint32_t n, const char *key)
{
    for (uint32_t i = 0; i < n; i++)
        if (instances->at[i].value && proto_strmap_get(&instances->at[i].value->parameters, key))
            return false;
    return true;
}

static void add_vnfc_export(struct sbuf *out, const char *type,
                            const struct dependency_parameters_map *instances, const char *key)
{
    AUTO(sbuf_release) struct sbuf values = SBUF_INIT;

    for (uint32_t i = 0; i < instances->n; i++)
        sbuf_addf(&values, "%s%s", i ? ":" : "", value_in(instances->at[i].value, key));
    add_export(out, type, "VNFC", key, values.s);
}

/* Keys times instances: what is too long to be written is not put together, either. */
static void add_vnfc_exports(struct sbuf *out, const struct vnfc_dependency_parameters_map *map)
{
    sbuf_adds(out, "\n# VNFC Parameters\n");
    for (uint32_t i = 0; i < map->n; i++) {
        if (!map->at[i].value)
            continue;
        const struct dependency_parameters_map *instances = &map->at[i].value->parameters;
        for (uint32_t k = 0; k < instances->n; k++) {
            const struct dependency_parameters *p = instances->at[k].value;
            for (uint32_t m = 0; p && m < p->parameters.n && out->len <= FOLDER_FILE_MAX; m++)
                if (is_first(instances, k, p->parameters.at[m].key))
                    add_vnfc_export(out, map->at[i].key, instances, p->parameters.at[m].key);
        }
    }
}

/* --- ob_parameters.yaml: JSON's strings and values are YAML's, too --- */

static void add_key(struct sbuf *out, int depth, const char *key)
{
    sbuf_addf(out, "%*s", depth * 2, "");
    proto_quotes(out, key);
    sbuf_addc(out, ':');
}

static void add_text(struct sbuf *out, int depth, const char *key, const char *value)
{
    if (!value)
        return;
    add_key(out, depth, key);
    sbuf_addc(out, ' ');
    proto_quotes(out, value);
    sbuf_addc(out, '\n');
}

static void add_extra(struct sbuf *out, int depth, const struct proto_rec *rec)
{
    for (const struct proto_extra *e = rec->extra; e; e = e->next) {
        add_key(out, depth, e->key);
        sbuf_addc(out, ' ');
        sbuf_add(out, e->value, e->value_len);
        sbuf_addc(out, '\n');
    }
}

static void open_map(struct sbuf *out, int depth, const char *key, bool is_empty)
{
    add_key(out, depth, key);
    sbuf_adds(out, is_empty ? " {}\n" : "\n");
}

static void add_strmap(struct sbuf *out, int depth, const char *key, const struct proto_strmap *map)
{
    open_map(out, depth, key, map->n == 0);
    for (uint32_t i = 0; i < map->n; i++)
        add_text(out, depth + 1, map->at[i].key, map->at[i].value);
}

static void add_parameters(struct sbuf *out, int depth, const char *key,
                           const struct dependency_parameters_map *map)
{
    open_map(out, depth, key, map->n == 0);
    for (uint32_t i = 0; i < map->n; i++) {
        const struct dependency_parameters *p = map->at[i].value;
        open_map(out, depth + 1, map->at[i].key, !p);
        if (!p)
            continue;
        add_text(out, depth + 2, "id", p->id);
        add_strmap(out, depth + 2, "parameters", &p->parameters);
        add_extra(out, depth + 2, &p->rec);
    }
}

static void add_yaml(struct sbuf *out, const struct vnf_record_dependency *d)
{
    add_text(out, 0, "id", d->id);
    add_strmap(out, 0, "idType", &d->id_type);
    add_parameters(out, 0, "parameters", &d->parameters);
    add_text(out, 0, "target", d->target);
    open_map(out, 0, "vnfcParameters", d->vnfc_parameters.n == 0);
    for (uint32_t i = 0; i < d->vnfc_parameters.n; i++) {
        const struct vnfc_dependency_parameters *p = d->vnfc_parameters.at[i].value;
        open_map(out, 1, d->vnfc_parameters.at[i].key, !p);
        if (!p)
            continue;
        add_text(out, 2, "id", p->id);
        add_parameters(out, 2, "parameters", &p->parameters);
        add_text(out, 2, "vnfcId", p->vnfc_id);
        add_extra(out, 2, &p->rec);
    }
    add_extra(out, 0, &d->rec);
}

enum err_code dependency_save(const char *root, const char *relative, const char *json,
                              struct err *err)
{
    AUTO(arena_release) struct arena arena = ARENA_INIT;
    AUTO(sbuf_release) struct sbuf yaml = SBUF_INIT, exports = SBUF_INIT;
    struct vnf_record_dependency *d = NULL;

    enum err_code rc =
        proto_decode(&vnf_record_dependency_type, json, strlen(json), 0, &arena, &d, err);
    if (rc != ERR_OK)
        return err_add(err, "read the dependency");
    add_yaml(&yaml, d);
    add_vnf_exports(&exports, &d->parameters);
    add_vnfc_exports(&exports, &d->vnfc_parameters);
    rc = folder_write(root, relative, "ob_parameters.json", json, strlen(json), false, err);
    if (rc == ERR_OK)
        rc = folder_write(root, relative, "ob_parameters.yaml", yaml.s, yaml.len, false, err);
    /* Added to, as in the reference: one dependency comes after the other, and the last export of a
     * name counts. */
    if (rc == ERR_OK)
        rc = folder_write(root, relative, "ob_parameters.sh", exports.s, exports.len, true, err);
    return rc;
}
