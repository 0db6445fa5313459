#include "tests/support/vnfs_bed.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

void vnfs_bed_init(struct vnfs_bed *b)
{
    *b = (struct vnfs_bed){.are_ours = true};
    stage_init(&b->s, AGG_NSR, "nsr-1");
    stage_service(&b->s, NULL);
}

void vnfs_bed_release(struct vnfs_bed *b)
{
    stage_release(&b->s);
}

void vnfs_bed_run(struct vnfs_bed *b)
{
    operated_service(&b->s, b->are_ours);
}

struct deploy_request *vnfs_bed_vnf(struct vnfs_bed *b, const char *dependencies)
{
    struct deploy_request *ret;
    struct err err = ERR_INIT;
    const char *text = arena_printf(
        &b->s.arena,
        "{\"projectId\":\"project-1\",\"nsd\":{\"name\":\"db\",\"vnfd\":[{\"id\":\"vnfd-db\","
        "\"name\":"
        "\"db\",\"type\":\"db_type\",\"endpoint\":\"vnfm\",\"vdu\":[{\"name\":\"db-vdu\",\"vm_"
        "image\":"
        "[\"img\"],\"computation_requirement\":\"m1\",\"scale_in_out\":2,\"vnfc\":[{"
        "\"connection_point\":[{\"virtual_link_reference\":\"net\"}]}]}]}],\"vnf_dependency\":%s},"
        "\"candidates\":{\"db/"
        "db-vdu\":[\"pop-1\"]},\"pops\":[{\"id\":\"pop-1\",\"name\":\"pop-1\"}],"
        "\"vnfms\":[{\"type\":\"vnfm\",\"queue\":\"vnfm-queue\",\"capabilities\":[%s]}]}",
        dependencies ? dependencies : "[]", b->are_ours ? "\"correlation\"" : "");
    if (proto_decode(&deploy_request_type, text, strlen(text), 0, &b->s.arena, &ret, &err) !=
        ERR_OK)
        fail_msg("the VNF: %s", err.msg);
    return ret;
}

void vnfs_bed_ask(struct vnfs_bed *b, struct operate_request req)
{
    req.operation_id = arena_printf(&b->s.arena, "op-%d", ++b->n_asked);
    req.project = "project-1";
    req.asked_by = "admin";
    req.origin = "user";
    operated_ask(&b->s, req);
}

void vnfs_bed_add(struct vnfs_bed *b, const char *dependencies)
{
    struct deploy_request *deploy = vnfs_bed_vnf(b, dependencies);
    vnfs_bed_ask(b, (struct operate_request){.plan = {.kind = OPERATION_ADD_VNF},
                                             .deploy = deploy,
                                             .vnfd = deploy->nsd->vnfd.at[0]});
}

void vnfs_bed_remove(struct vnfs_bed *b, const char *vnf)
{
    vnfs_bed_ask(b, (struct operate_request){
                        .plan = {.kind = OPERATION_REMOVE_VNF, .vnfr = operated_vnfr(&b->s, vnf)}});
}

void vnfs_bed_up(struct vnfs_bed *b, const char *vnf)
{
    stage_vnfm(&b->s, "GRANT_OPERATION", vnf, NULL);
    if (stage_vnfr(&b->s, vnf)->phase == VNFR_GRANTING)
        stage_prepared(&b->s, vnf, NULL);
    stage_vnfm(&b->s, "ALLOCATE_RESOURCES", vnf, NULL);
    stage_launched(&b->s, vnf, NULL);
    assert_int_equal(stage_vnfr(&b->s, vnf)->phase, VNFR_ALLOCATED);
}

void vnfs_bed_gone(struct vnfs_bed *b)
{
    for (int k = 0; k < 4 && stage_command(&b->s, CMD_LIST_POP, "pop-1"); k++)
        stage_listed(&b->s, "pop-1", NULL, false);
}

void vnfs_bed_delete(struct vnfs_bed *b, const char *vnf)
{
    stage_answer(&b->s, CMD_DELETE, stage_instance(&b->s, vnf)->id, "{}");
    vnfs_bed_gone(b);
}

const char *vnfs_bed_status(struct vnfs_bed *b)
{
    return stage_text(stage_record(&b->s, b->s.root), "status");
}
