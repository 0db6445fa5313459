/* Messages that the lifecycle sends: how each is built, and what is outstanding after it.
 * Everything is a value in the decision. */
#ifndef NFVO_LIFECYCLE_SEND_H
#define NFVO_LIFECYCLE_SEND_H

#include "nfvo/lifecycle/model.h"

/* --- to VNFMs (amqp-protocol.md 3.3) --- */
void send_instantiate(struct vnfr_member *v, const struct deploy_request *req,
                      const struct vnfd *vnfd);
/* The VNFD's package, by id and version; NULL: it has none. */
const struct vnf_package *deployed_package(const struct deploy_request *req,
                                           const struct vnfd *vnfd);
void send_modify(struct vnfr_member *v, const struct vnf_record_dependency *dependency);
void send_start(struct vnfr_member *v);
void send_release(struct vnfr_member *v);
/* RESUME, as the command of what it resumes; resumes NULL: the VNFM takes what failed last. */
struct resume_request {
    int kind;                          /* CMD_INSTANTIATE, CMD_MODIFY, CMD_START */
    const char *resumes;               /* command id */
    const struct vnf_package *package; /* INSTANTIATE: as it is in the catalogue by now; or NULL */
};
void send_resume(struct vnfr_member *v, const struct resume_request *req);
/* To a VNFM of ours: nobody waits for that request any more; what has not begun is not to begin. Its
 * answer, if one comes, says how far it got. */
void send_cancel_to_vnfm(struct vnfr_member *v, const char *command_id);
/* The same request once more: it has this command id. */
void send_as(struct vnfr_member *v, const char *command_id);
/* Something to run, and an instance to run it on. */
bool vnfr_has_terminate_scripts(struct vnfr_member *v);
/* Answers to the request that the member's state remembers (reply_to); it is forgotten then. */
void answer_grant(struct vnfr_member *v);
void answer_record(struct vnfr_member *v, enum action action);
void answer_with_error(struct vnfr_member *v, const char *message);
/* The answer just made is the first to what was asked in the course of INSTANTIATE: if it finds
 * nobody, that is lost. (A repeated one may find nobody because the first was received.) */
void answer_is_the_first(struct vnfr_member *v);
/* An Error to whoever asked, when there is no record to speak of. */
void answer_nobody(struct decision *d, const struct vnfm_or *msg, const char *message);
/* Remember who asked; a repeated request takes the place of the first. */
void remember_asker(struct vnfr_member *v);

/* Members of a request, each behind a comma; text NULL: "". */
void message_add_text(struct sbuf *body, const char *member, const char *text);
/* Of an extension: broker, monitoring and time zone, which begin it (no comma in front), and the
 * service with ssh_username and ssh_password of a configuration (NULL: none). */
void message_add_places(struct sbuf *body, const struct lifecycle_settings *set,
                        const char *monitoring_ip);
void message_add_service(struct sbuf *body, const struct nsr_model *m,
                         const struct configuration *c);

/* To the VNFM's queue in its room, as the command c, which is marked with the room. policy is the
 * caller's. */
struct send *send_to_vnfm(struct vnfr_member *v, struct command *c, const struct sbuf *body);

/* --- to drivers (section 5) --- */
/* All open a command, whose data is the driver's queue, and return it; NULL: no driver for that PoP
 * type was ever registered, *err says so. pop_ref: "<pop
 * id>[:zone]". */
struct command *send_launch(struct nsr_model *m, struct instance_member *i, struct vnfr_member *v,
                            const struct vim_instance *pop, struct err *err);
struct command *send_delete(struct nsr_model *m, struct instance_member *i, const char *pop_type);
/* As the VDU's image of the record is on its PoP; image not there: ERR_NOT_FOUND. */
struct command *send_rebuild(struct nsr_model *m, struct instance_member *i, struct vnfr_member *v,
                             const struct vim_instance *pop, const char *subject, struct err *err);
struct command *send_refresh(struct pop_model *p, struct err *err);
struct command *send_listing(struct pop_model *p, struct err *err);
/* Of a server that is nobody's; its answer says nothing. */
struct command *send_delete_stray(struct pop_model *p, const char *ext_id, const char *subject,
                                  struct err *err);
struct command *send_quota(struct pop_model *p, int64_t timeout_us, struct err *err);
struct command *send_create_network(struct pop_model *p, const struct network *wanted,
                                    struct err *err);
/* wanted: as the repository has it. A file goes with a token (REFERENCE_IMAGE) in the third
 * parameter, a link has two. */
struct command *send_add_image(struct pop_model *p, const struct image *wanted, struct err *err);

/* Does this user data ask for a broker login of the instance's agent? */
bool wants_agent(const char *userdata);
/* And for a virtual host in which that agent is alone? */
bool wants_own_vhost(const char *userdata);
/* Is an image of that name there, and usable? */
bool pop_has_image(const struct vim_instance *pop, const char *name);
/* The extId of the first image of the VDU that is available on the PoP; NULL: none. */
const char *pop_image(const struct vim_instance *pop, const struct vdu *vdu);

/* --- between aggregates --- */
void send_internal(struct decision *d, struct internal *msg);

/* "<pop id>[:zone]" -> its parts, in the arena; zone "" if none. */
void pop_ref_split(struct arena *a, const char *ref, const char **ret_id, const char **ret_zone);

#endif
