/* A JSON value as YAML 1.1, by libyaml: `kubectl`, `yq` and Ansible read it back as the same value. */
#ifndef NFVO_CLI_YAML_H
#define NFVO_CLI_YAML_H

#include "common/base/sbuf.h"

#include <jansson.h>

/* Appended, with a new line at the end. */
void cli_put_yaml(struct sbuf *out, const json_t *value);

#endif
