/* The process side of a cloud: its calls, their tries, and the threads of launches. */
#include "vim-drivers/sdk/cloud_private.h"

#include "common/base/mem.h"
#include "common/sys/clock.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

enum {
    LAUNCHES_DEFAULT = 8,
    TIMEOUT_DEFAULT_MS = 240000,
    DELAY_FIRST_MS = 250,
    DELAY_MAX_MS = 8000
};

static bool is_ending(struct ob_cloud *cloud)
{
    pthread_mutex_lock(&cloud->lock);
    bool is = cloud->is_ending;
    pthread_mutex_unlock(&cloud->lock);
    return is;
}

static const struct cloud_method *find_method(const struct ob_call *call)
{
    const struct cloud_method *m = cloud_methods;
    while (m->name && !(strcmp(m->name, ob_call_method(call)) == 0 &&
                        m->n_params == ob_call_param_count(call)))
        m++;
    return m;
}

static int64_t delay_ms(unsigned tries)
{
    int64_t delay = DELAY_FIRST_MS;
    while (tries-- > 1 && delay < DELAY_MAX_MS)
        delay *= 2;
    return delay;
}

static void again(void *arg);

/* An exception has no other place for the hint. */
static void add_hint(struct err *err)
{
    size_t len = strlen(err->msg);
    if (err->hint[0])
        snprintf(err->msg + len, sizeof(err->msg) - len, "; hint: %s", err->hint);
}

static enum err_code attempt(void *arg, struct ob_call *call, struct sbuf *answer, struct err *err)
{
    struct ob_cloud *cloud = arg;
    union {
        const void *kept;
        struct flight *flight;
    } data = {.kept = ob_call_data(call)};
    struct flight *f = data.flight;
    struct ob_cloud_call c = {
        .cloud = cloud, .call = call, .until_us = f->until_us, .tries = f->tries};
    enum err_code rc = cloud_read_pop(&c, err);
    if (rc == ERR_OK)
        rc = f->method->run(&c, answer, err);
    arena_release(&c.arena);
    f->tries += c.again_ms == 0;
    int64_t delay = c.again_ms > 0 ? c.again_ms : delay_ms(f->tries);
    if (rc == ERR_UNAVAIL && clock_mono_us() + delay * 1000 < f->until_us && !is_ending(cloud)) {
        ob_call_defer(call);
        ob_vim_after(cloud->vim, delay, again, f);
        return ERR_OK;
    }
    ob_call_set_data(call, NULL);
    free(f);
    if (rc != ERR_OK)
        add_hint(err);
    return rc;
}

/* --- the line of launches --- */

/* A cloud that answers nothing, or a project with many of them, holds threads for minutes: of a remote
 * cloud's line one PoP has half of them at most, one project three quarters. */
static bool may_be_served(const struct ob_cloud *cloud, const struct flight *f)
{
    unsigned of_pop = 0, of_project = 0, max = cloud->thread_max;
    if (!cloud->is_remote)
        return true;
    for (const struct cloud_served *s = cloud->served; s; s = s->next) {
        of_pop += f->whose.pop && s->whose.pop == f->whose.pop;
        of_project += f->whose.project && s->whose.project == f->whose.project;
    }
    return of_pop < (max + 1) / 2 && of_project < (max * 3 + 3) / 4;
}

/* Lock held. Who may not be served now keeps the place in the line. */
static struct flight *take_first(struct ob_cloud *cloud)
{
    for (struct flight **at = &cloud->head; *at; at = &(*at)->next) {
        struct flight *f = *at;
        if (!cloud->is_ending && !may_be_served(cloud, f))
            continue;
        *at = f->next;
        if (!f->next)
            cloud->tail = at;
        return f;
    }
    return NULL;
}

static struct flight *next_flight(struct ob_cloud *cloud, struct cloud_served *mine)
{
    struct flight *f;
    pthread_mutex_lock(&cloud->lock);
    cloud->idle++;
    while (!(f = take_first(cloud)) && !cloud->is_ending)
        pthread_cond_wait(&cloud->more, &cloud->lock);
    cloud->idle--;
    if (f) {
        mine->whose = f->whose;
        mine->next = cloud->served;
        cloud->served = mine;
    }
    pthread_mutex_unlock(&cloud->lock);
    return f;
}

static void end_served(struct ob_cloud *cloud, struct cloud_served *mine)
{
    pthread_mutex_lock(&cloud->lock);
    struct cloud_served **at = &cloud->served;
    while (*at != mine)
        at = &(*at)->next;
    *at = mine->next;
    if (cloud->head) /* one that might not be served until now may be */
        pthread_cond_signal(&cloud->more);
    pthread_mutex_unlock(&cloud->lock);
}

static void *serve_line(void *arg)
{
    struct ob_cloud *cloud = arg;
    struct cloud_served mine;
    for (struct flight *f; (f = next_flight(cloud, &mine)); end_served(cloud, &mine)) {
        if (!is_ending(cloud))
            ob_call_resume(f->call, attempt);
        else { /* it comes again, to the next process */
            ob_call_drop(f->call);
            free(f);
        }
    }
    return NULL;
}

static void put_in_line(struct ob_cloud *cloud, struct flight *f)
{
    pthread_mutex_lock(&cloud->lock);
    f->next = NULL;
    *cloud->tail = f;
    cloud->tail = &f->next;
    unsigned waiting = 0;
    for (const struct flight *w = cloud->head; w && waiting <= cloud->idle; w = w->next)
        waiting++;
    if (waiting > cloud->idle && cloud->thread_n < cloud->thread_max &&
        pthread_create(&cloud->threads[cloud->thread_n], NULL, serve_line, cloud) == 0)
        cloud->thread_n++;
    pthread_cond_signal(&cloud->more);
    pthread_mutex_unlock(&cloud->lock);
}

static void again(void *arg)
{
    struct flight *f = arg;
    if (f->method->is_slow || f->cloud->is_remote)
        put_in_line(f->cloud, f);
    else
        ob_call_resume(f->call, attempt);
}

/* The first look at a call. */
static enum err_code take(void *arg, struct ob_call *call, struct sbuf *answer, struct err *err)
{
    struct ob_cloud *cloud = arg;
    struct flight *f = xcalloc(1, sizeof(*f));
    *f = (struct flight){.cloud = cloud,
                         .call = call,
                         .method = find_method(call),
                         .until_us = clock_mono_us() + cloud->call_timeout_ms * 1000};
    if (cloud->is_remote)
        f->whose = cloud_read_whose(call);
    ob_call_set_data(call, f);
    if (!f->method->is_slow && !cloud->is_remote)
        return attempt(arg, call, answer, err);
    ob_call_defer(call);
    put_in_line(cloud, f);
    return ERR_OK;
}

/* --- its life --- */

static void on_event(void *arg, enum ob_vim_state state, int code, const char *text)
{
    struct ob_cloud *cloud = arg;
    if (cloud->on_event)
        cloud->on_event(cloud->on_event_arg, state, code, text);
}

static enum err_code open_all(struct ob_cloud *cloud, const struct ob_cloud_options *o,
                              struct err *err)
{
    struct ob_vim_options vim = o->vim;
    for (size_t i = 0; i < CLOUD_METHODS_MAX - 1 && cloud_methods[i].name; i++)
        cloud->methods[i] =
            (struct ob_vim_method){cloud_methods[i].name, cloud_methods[i].n_params, take};
    vim.methods = cloud->methods;
    vim.arg = cloud;
    vim.has_client_token = true;
    vim.on_event = on_event;
    cloud->stop_fd = eventfd(0, EFD_CLOEXEC);
    if (cloud->stop_fd < 0)
        return err_set(err, ERR_IO, "no descriptor for a cloud");
    cloud->spent = o->spent;
    cloud->is_spent_theirs = o->spent != NULL;
    enum err_code rc = o->spent ? ERR_OK : ob_spent_open(o->spent_file, true, &cloud->spent, err);
    if (rc != ERR_OK)
        return rc;
    cloud->vim = ob_vim_new(&vim, err);
    return cloud->vim ? ERR_OK : err->code;
}

struct ob_cloud *ob_cloud_new(const struct ob_cloud_options *o, struct err *err)
{
    struct err own = ERR_INIT;
    err = err ? err : &own;
    if (!o->table || !o->table->refresh || !o->table->launch) {
        err_set(err, ERR_INVALID, "a cloud needs a table with refresh and launch");
        return NULL;
    }
    struct ob_cloud *cloud = xcalloc(1, sizeof(*cloud));
    cloud->table = o->table;
    cloud->arg = o->arg;
    cloud->call_timeout_ms = o->call_timeout_ms > 0 ? o->call_timeout_ms : TIMEOUT_DEFAULT_MS;
    cloud->may_fetch_images = o->may_fetch_images;
    cloud->is_remote = o->is_remote;
    cloud->default_flavour = xstrdup(o->default_flavour ? o->default_flavour : "");
    cloud->type = xstrdup(o->vim.type ? o->vim.type : "");
    cloud->on_event = o->on_event;
    cloud->on_event_arg = o->on_event_arg;
    cloud->thread_max = o->launches ? o->launches : LAUNCHES_DEFAULT;
    cloud->threads = xcalloc(cloud->thread_max, sizeof(pthread_t));
    cloud->tail = &cloud->head;
    cloud->stop_fd = -1;
    pthread_mutex_init(&cloud->lock, NULL);
    pthread_cond_init(&cloud->more, NULL);
    if (open_all(cloud, o, err) == ERR_OK)
        return cloud;
    ob_cloud_free(cloud);
    return NULL;
}

enum err_code ob_cloud_start(struct ob_cloud *cloud, struct err *err)
{
    return ob_vim_start(cloud->vim, err);
}

void ob_cloud_stop(struct ob_cloud *cloud, int grace_ms)
{
    ob_vim_stop(cloud->vim, grace_ms);
    eventfd_write(cloud->stop_fd, 1);
    pthread_mutex_lock(&cloud->lock);
    cloud->is_ending = true;
    pthread_cond_broadcast(&cloud->more);
    pthread_mutex_unlock(&cloud->lock);
    for (unsigned i = 0; i < cloud->thread_n; i++)
        pthread_join(cloud->threads[i], NULL);
    cloud->thread_n = 0;
}

void ob_cloud_free(struct ob_cloud *cloud)
{
    if (!cloud)
        return;
    ob_vim_free(cloud->vim);
    if (!cloud->is_spent_theirs)
        ob_spent_close(cloud->spent);
    if (cloud->stop_fd >= 0)
        close(cloud->stop_fd);
    pthread_mutex_destroy(&cloud->lock);
    pthread_cond_destroy(&cloud->more);
    free(cloud->threads);
    free(cloud->default_flavour);
    free(cloud->type);
    free(cloud);
}

const struct ob_vim *ob_cloud_vim(const struct ob_cloud *cloud)
{
    return cloud->vim;
}

int ob_cloud_stop_fd(const struct ob_cloud *cloud)
{
    return cloud->stop_fd;
}

/* --- of a call --- */

const struct ob_cloud_pop *ob_cloud_pop(const struct ob_cloud_call *c)
{
    return &c->pop;
}

const char *ob_cloud_call_id(const struct ob_cloud_call *c)
{
    return ob_call_id(c->call);
}

int64_t ob_cloud_left_ms(const struct ob_cloud_call *c)
{
    int64_t left = (c->until_us - clock_mono_us()) / 1000;
    return left > 1 ? left : 1;
}

enum err_code ob_cloud_again(struct ob_cloud_call *c, int64_t delay)
{
    c->again_ms = delay > 1 ? delay : 1;
    return ERR_UNAVAIL;
}

unsigned ob_cloud_tries(const struct ob_cloud_call *c)
{
    return c->tries;
}

const char *ob_cloud_text(struct ob_cloud_call *c, const char *text)
{
    return arena_strdup(&c->arena, text);
}

void *ob_cloud_alloc(struct ob_cloud_call *c, size_t size)
{
    return arena_alloc(&c->arena, size);
}

void ob_cloud_add_image(struct ob_cloud_call *c, const struct ob_cloud_image *image)
{
    proto_list_add(&c->images, cloud_image_record(image, &c->arena), &c->arena);
}

void ob_cloud_add_network(struct ob_cloud_call *c, const struct ob_cloud_network *network)
{
    proto_list_add(&c->networks, cloud_network_record(network, &c->arena), &c->arena);
}

void ob_cloud_add_zone(struct ob_cloud_call *c, const char *name, bool is_available)
{
    struct availability_zone *z = proto_new(&availability_zone_type, &c->arena);
    z->name = arena_strdup(&c->arena, name);
    z->available = is_available;
    proto_list_add(&c->zones, z, &c->arena);
}

void ob_cloud_add_flavour(struct ob_cloud_call *c, const struct ob_cloud_flavour *flavour)
{
    proto_list_add(&c->flavours, cloud_flavour_record(flavour, &c->arena), &c->arena);
}

void ob_cloud_add_server(struct ob_cloud_call *c, const struct ob_cloud_server *server)
{
    proto_list_add(&c->servers, cloud_server_record(server, &c->arena), &c->arena);
}

void ob_cloud_warn(struct ob_cloud_call *c, const char *text)
{
    c->warning = arena_strdup(&c->arena, text);
}

void ob_cloud_note(struct ob_cloud_call *c, const char *text)
{
    c->note = arena_strdup(&c->arena, text);
}

enum err_code ob_cloud_spend(struct ob_cloud_call *c, const char *token, struct err *err)
{
    return ob_spent_add(c->cloud->spent, token, err);
}

enum err_code ob_cloud_check_spent(struct ob_cloud_call *c, const char *token, struct err *err)
{
    return ob_spent_check(c->cloud->spent, token, err);
}
