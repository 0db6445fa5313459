#include "proto/records/policy.h"

#include <stddef.h>

const char *const vdu_heal_words[] = {"none", "instance", "vnf", NULL};
