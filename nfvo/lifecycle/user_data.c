#include "nfvo/lifecycle/user_data.h"

#include "common/base/sbuf.h"
#include "nfvo/lifecycle/send.h"
#include "proto/topology.h"

#include <string.h>

/* A piece of a JSON string that is being written. */
static void add_quoted(struct sbuf *body, const char *text, size_t len)
{
    AUTO(sbuf_release) struct sbuf quoted = SBUF_INIT;
    proto_quote(&quoted, text, len);
    sbuf_add(body, quoted.s + 1, quoted.len - 2);
}

void user_data_fill(struct decision *d, const char *text, const char *hostname, struct sbuf *body,
                    struct send_refs *places)
{
    AUTO(sbuf_release) struct sbuf user = SBUF_INIT;
    topology_agent_user(hostname, &user);
    const struct {
        const char *mark, *value; /* NULL: the password */
    } fill[] = {{USER_DATA_HOSTNAME, hostname},
                {USER_DATA_EMS_USER, user.s},
                {USER_DATA_EMS_VHOST, user.s},
                {USER_DATA_EMS_PASSWORD, NULL}};
    const char *from = text ? text : "", *at = from;
    sbuf_addc(body, '"');
    while ((at = strchr(at, '#')) != NULL) {
        size_t k = 0;
        while (k < ARRAY_LEN(fill) && strncmp(at, fill[k].mark, strlen(fill[k].mark)) != 0)
            k++;
        if (k == ARRAY_LEN(fill)) {
            at++;
            continue;
        }
        add_quoted(body, from, (size_t)(at - from));
        from = at + strlen(fill[k].mark);
        add_quoted(body, at + 1, (size_t)(from - at - 1)); /* without the '#' */
        if (fill[k].value)
            add_quoted(body, fill[k].value, strlen(fill[k].value));
        else
            decision_refer(d, places, body->len, REFERENCE_AGENT, hostname, 0, NULL);
        at = from;
    }
    add_quoted(body, from, strlen(from));
    sbuf_addc(body, '"');
}

bool wants_agent(const char *userdata)
{
    return userdata && strstr(userdata, USER_DATA_EMS_USER);
}

bool wants_own_vhost(const char *userdata)
{
    return userdata && strstr(userdata, USER_DATA_EMS_VHOST);
}
