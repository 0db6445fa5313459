#include "proto/records/operation.h"

#define PROTO_THIS struct shown_child
PROTO_RECORD_DEFINE(shown_child, SHOWN_CHILD_FIELDS)
#undef PROTO_THIS
#define PROTO_THIS struct shown_scripts
PROTO_RECORD_DEFINE(shown_scripts, SHOWN_SCRIPTS_FIELDS)
#undef PROTO_THIS
#define PROTO_THIS struct shown_change
PROTO_RECORD_DEFINE(shown_change, SHOWN_CHANGE_FIELDS)
#undef PROTO_THIS
#define PROTO_THIS struct shown_pop
PROTO_RECORD_DEFINE(shown_pop, SHOWN_POP_FIELDS)
#undef PROTO_THIS
#define PROTO_THIS struct shown_untold
PROTO_RECORD_DEFINE(shown_untold, SHOWN_UNTOLD_FIELDS)
#undef PROTO_THIS
#define PROTO_THIS struct shown_step
PROTO_RECORD_DEFINE(shown_step, SHOWN_STEP_FIELDS)
#undef PROTO_THIS
#define PROTO_THIS struct shown_subject
PROTO_RECORD_DEFINE(shown_subject, SHOWN_SUBJECT_FIELDS)
#undef PROTO_THIS
#define PROTO_THIS struct shown_progress
PROTO_RECORD_DEFINE(shown_progress, SHOWN_PROGRESS_FIELDS)
#undef PROTO_THIS
#define PROTO_THIS struct shown_operation
PROTO_RECORD_DEFINE(shown_operation, SHOWN_OPERATION_FIELDS)
#undef PROTO_THIS
#define PROTO_THIS struct stored_step
PROTO_RECORD_DEFINE(stored_step, STORED_STEP_FIELDS)
#undef PROTO_THIS
#define PROTO_THIS struct stored_count
PROTO_RECORD_DEFINE(stored_count, STORED_COUNT_FIELDS)
#undef PROTO_THIS
#define PROTO_THIS struct stored_asked
PROTO_RECORD_DEFINE(stored_asked, STORED_ASKED_FIELDS)
#undef PROTO_THIS
#define PROTO_THIS struct stored_operation
PROTO_RECORD_DEFINE(stored_operation, STORED_OPERATION_FIELDS)
#undef PROTO_THIS
#define PROTO_THIS struct step_times
PROTO_RECORD_DEFINE(step_times, STEP_TIMES_FIELDS)
#undef PROTO_THIS
#define PROTO_THIS struct vnfr_progress
PROTO_RECORD_DEFINE(vnfr_progress, VNFR_PROGRESS_FIELDS)
#undef PROTO_THIS
#define PROTO_THIS struct stored_progress
PROTO_RECORD_DEFINE(stored_progress, STORED_PROGRESS_FIELDS)
#undef PROTO_THIS
