/* A service as a line of text, for tests of operations: the snapshot that planners see.
 *
 *     "web ACTIVE u/3 i:web-1 i:web-2=STANDBY; client ACTIVE <web told=web-1 u i:client-1"
 *
 * VNFRs are separated by ";" and begin with their name, which is their id, too. Then, in any order:
 *   NULL INITIALIZED INACTIVE ACTIVE GONE   stable state (NULL unless said)
 *   <web           depends on web; told=web-1: its dependency holds that instance
 *   u/3 or vdu:u   the VDU of the instances behind it, at most 3 of them
 *   on-failure=WORD attempts=N  of that VDU
 *   i:web-1=STATE  an instance (ACTIVE unless said); later ones are younger; @lab: PoP from here on
 *   broken emptied new c java python go package=p foreign unknown (to its VNFM)
 *   launches       has servers that are not in its record
 *   phase=WORD instantiated configured          as of before operations
 * Words of the service, as a part of their own: "ordered", "heal-tells", "nsr=PHASE". */
#ifndef TESTS_SUPPORT_SERVICE_SCENE_H
#define TESTS_SUPPORT_SERVICE_SCENE_H

#include "nfvo/lifecycle/operation/planner.h"

struct service_view *scene_read(struct arena *a, const char *text); /* aborts when it cannot */
/* "SCALE_OUT web n=2 u=u pop=lab standby", "SCALE_IN v=web u=u v=db n=2": ids as above. */
struct plan_request *scene_request(struct arena *a, const char *text);
/* c1, c2, ...; ctx: int. */
void scene_id(void *ctx, char out[ID_SIZE]);
/* "2 SCALE_OUT web component=c1 after=1\n..." what differs from the table of kinds, and no more. */
const char *scene_plan(struct arena *a, const struct plan *plan);

#endif
