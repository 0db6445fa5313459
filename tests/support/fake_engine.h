/* An engine for tests of the API: carries out users' commands at once, in a thread of its own, on
 * the same tables as the real one. */
#ifndef TESTS_SUPPORT_FAKE_ENGINE_H
#define TESTS_SUPPORT_FAKE_ENGINE_H

#include "nfvo/api/request/command.h"
#include "tests/support/database.h"

enum fake_mood {
    FAKE_WORKS,
    FAKE_REFUSES, /* `done` gets an error */
    FAKE_FAILS,   /* accepted, but the operation ends with an error: the driver said no */
    FAKE_SILENT   /* accepted, and the operation never ends */
};

struct fake_engine; /* opaque */

struct fake_engine *fake_engine_new(const struct test_schema *schema);
void fake_engine_free(struct fake_engine *e);
const struct api_commands *fake_engine_commands(struct fake_engine *e);
void fake_engine_set(struct fake_engine *e, enum fake_mood mood); /* for the commands that follow */
/* The last operation, or verb on one, that was asked for: "HEAL vnfr=v instance=i cause=''"; good
 * until the next one. */
const char *fake_engine_asked(struct fake_engine *e);

#endif
