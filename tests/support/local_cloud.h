/* vim-driver-local in a test: a cloud in a folder of its own, driven as the methods drive it,
 * without a broker. Tests run once per mode, the mode's address being their cmocka state:
 *
 *     static void test_x(void **state) { if (!cloud_is_possible(state)) return; ... }
 *     int main(int argc, char **argv)
 *     {
 *         if (!cloud_begin(argc, argv, &code)) return code;
 *         const struct CMUnitTest tests[] = {CLOUD_BOTH(test_x), CLOUD_RUNC(test_y)};
 *
 * Failures fail the cmocka test. */
#ifndef TESTS_SUPPORT_LOCAL_CLOUD_H
#define TESTS_SUPPORT_LOCAL_CLOUD_H

#include "vim-drivers/local/cloud.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>

#include <cmocka.h>

enum { CLOUD_WAIT_MS = 60000 };

extern char cloud_folder[64];             /* of the test */
extern struct loc_options cloud_options;  /* to be changed before cloud_open */
extern const int cloud_plain, cloud_runc; /* modes */

/* false: end with that code: this was a process beside an instance. Says why containers are not
 * tested. */
bool cloud_begin(int argc, char **argv, int *ret_code);
int cloud_set_up(void **state);
int cloud_tear_down(void **state);
bool cloud_is_possible(void **state); /* false: it is skipped */
void cloud_set_options(int mode);
/* Before cloud_open: the folder is a file system of that size, whose free space nobody else takes
 * or gives. Where that cannot be made it stays what it was; disks cannot be made there, either. */
void cloud_limit_space(int mb);

struct loc *cloud_open(void);
void cloud_close(struct loc *l); /* the driver ends; servers stay */
void cloud_clean(void);          /* and looks that nothing is left, folder included */

void cloud_network(struct loc *l, const char *name, const char *cidr);
/* Image host, flavour tiny, network "private". */
enum err_code cloud_try_launch(struct loc *l, const char *name, const char *token,
                               const char *user_data, struct loc_server *ret, struct err *err);
struct loc_server cloud_launch(struct loc *l, const char *name, const char *user_data);
/* Until the console of a server has said that. */
void cloud_await(const struct loc *l, const struct loc_server *s, const char *text);
bool cloud_has_text(const char *path, const char *text);
bool cloud_has_process(const char *text); /* in its command line */

/* The whole life of a driver with one server, killed at its step `die_at` (0: never); ends the
 * process: call it in a fork. */
void cloud_life(int64_t die_at);
/* What the next driver finds is good, and the calls that come again have one effect. Cleans. */
void cloud_check_successor(const char *when);

#define CLOUD_PLAIN(f)                                                                             \
    {                                                                                              \
#f " plain", f, cloud_set_up, cloud_tear_down, (void *)(uintptr_t)&cloud_plain             \
    }
#define CLOUD_RUNC(f)                                                                              \
    {                                                                                              \
#f " runc", f, cloud_set_up, cloud_tear_down, (void *)(uintptr_t)&cloud_runc               \
    }
#define CLOUD_BOTH(f) CLOUD_PLAIN(f), CLOUD_RUNC(f)

#endif
