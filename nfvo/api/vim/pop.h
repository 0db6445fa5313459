/* Between the files of /datacenters. */
#ifndef NFVO_API_VIM_POP_H
#define NFVO_API_VIM_POP_H

#include "nfvo/api/context.h"

call_fn pop_delete, pop_delete_many;

#endif
