/* The rules that `baton test` checks a VNFM or a VIM driver against: one table. Words of rules are
 * stable: reports and the tutorial name them.
 *
 * MUST: an operator loses something when it is broken; the test fails. SHOULD: an NFVO copes with
 * it, at a price; reported, and the test passes. */
#ifndef NFVO_CLI_KIT_RULES_H
#define NFVO_CLI_KIT_RULES_H

#include <stdbool.h>

/* clang-format off */
/* name, word, whose (VNFM, DRIVER, BOTH), weight, the rule, what an operator sees when it is broken */
#define KIT_RULES(X) \
    X(REGISTER_FORM, "register-form", BOTH, MUST, \
      "registers with a JSON object on nfvo.manager.handling: action 'register', type, and for a VNFM vnfmManagerEndpoint with type, endpoint (its queue) and endpointType RABBIT", \
      "the peer does not appear in 'baton manager list'; deployments that need it are refused") \
    X(REGISTER_STRICT, "register-strict-json", BOTH, SHOULD, \
      "the registration is strict JSON, in double quotes", \
      "nothing: the NFVO accepts single quotes here, and only here") \
    X(REGISTER_REPLY, "register-reply", BOTH, MUST, \
      "the registration has reply_to, so that the account can be answered", \
      "the peer never gets its account and stays at 'registering'") \
    X(QUEUE, "queue", BOTH, MUST, \
      "consumes its queue within a minute after it got the account, and the queue is bound to openbaton-exchange by its own name", \
      "the peer is listed as inactive, its requests cannot be delivered") \
    X(ACCOUNT, "account", BOTH, MUST, \
      "consumes as the account that it was given, not as the account that registers", \
      "it works only while registration is open, and with rights that it should not have") \
    X(GRANT, "grant", VNFM, MUST, \
      "asks GRANT_OPERATION when it gets INSTANTIATE, on vnfm.nfvo.actions.reply with reply_to, with a record that has a name and a VDU per VDU of the VNFD (parent_vdu or name)", \
      "no record is made; the deployment ends at its deadline (30 minutes)") \
    X(ALLOCATE, "allocate", VNFM, MUST, \
      "ALLOCATE_RESOURCES carries the record with the ids that the grant gave (record, VDUs), and vimInstances by the record's VDU ids", \
      "no servers are launched, or those of another VDU") \
    X(INSTANTIATE, "instantiate", VNFM, MUST, \
      "INSTANTIATE is answered INSTANTIATE with the granted record, its id and the instances that were allocated", \
      "the VNF stays at NULL or loses its servers; the service becomes ERROR") \
    X(REINSTANTIATE, "reinstantiate", VNFM, MUST, \
      "INSTANTIATE with vnfr (restart, upgrade) is answered INSTANTIATE with that record, and asks for no grant", \
      "a restart or upgrade ends at its deadline, or makes a second record") \
    X(MODIFY, "modify", VNFM, MUST, "MODIFY is answered MODIFY with the record", \
      "a VNF that depends on others never starts") \
    X(START, "start", VNFM, MUST, "START is answered START with the record", \
      "the VNF stays INACTIVE; the service becomes ERROR at the deadline") \
    X(START_ONE, "start-one", VNFM, SHOULD, \
      "START with vnfcInstance is answered START with that instance", \
      "nothing: the NFVO knows what it asked; others cannot tell it from a START of the whole VNF") \
    X(STOP, "stop", VNFM, MUST, "STOP is answered STOP with the record", \
      "'baton nsr stop NSR' ends at its deadline and waits for a person") \
    X(STOP_ONE, "stop-one", VNFM, SHOULD, \
      "STOP with vnfcInstance is answered STOP with that instance", "as start-one") \
    X(SCALE_OUT, "scale-out", VNFM, MUST, \
      "SCALE_OUT is answered SCALED with the record and the new instance, which is the one whose vnfComponent.id is the component's", \
      "'baton nsr scale-out NSR' fails after the server was launched; dependent VNFs do not learn of it") \
    X(SCALING, "scaling", VNFM, MUST, \
      "SCALE_OUT asks SCALING with the record (a VNFM that lets the NFVO allocate)", \
      "no server is launched") \
    X(SCALE_IN, "scale-in", VNFM, MUST, \
      "SCALE_IN is answered null, or with nothing: it is an announcement to a dependent VNF", \
      "'baton nsr scale-in NSR' stops before the server is deleted") \
    X(SCALE_IN_NULL, "scale-in-null", VNFM, SHOULD, "SCALE_IN is answered, by null", \
      "each scale-in waits 5 s for an answer that does not come") \
    X(HEAL, "heal", VNFM, MUST, "HEAL is answered HEAL with the record", \
      "'baton nsr heal NSR' and 'baton nsr switch NSR' fail") \
    X(HEAL_ONE, "heal-one", VNFM, SHOULD, "the answer to HEAL has the instance that was healed", \
      "nothing: the NFVO knows what it asked") \
    X(UPDATE, "update", VNFM, SHOULD, "UPDATE, with a script or without, is answered UPDATE with the record", \
      "'baton nsr update NSR' and 'baton script put PACKAGE SCRIPT FILE' count as done 5 s after they were sent; a failure is noted late") \
    X(EXECUTE, "execute", VNFM, SHOULD, "EXECUTE is answered EXECUTE with the record", \
      "'baton nsr execute NSR FILE' counts as done 5 s after it was sent; a failure is noted late") \
    X(RESUME, "resume", VNFM, SHOULD, \
      "RESUME is answered with the action that was resumed, not with RESUME or null", \
      "'baton nsr resume NSR' cannot go on with a failed step of this VNFM") \
    X(LOG, "log-request", VNFM, SHOULD, \
      "LOG_REQUEST is answered LOG_REQUEST with outputLog and errorLog, which are lists of strings", \
      "'baton logs NSR' shows nothing of these servers") \
    X(RELEASE, "release", VNFM, MUST, "RELEASE_RESOURCES is answered RELEASE_RESOURCES with the record", \
      "each deletion waits 30 s longer") \
    X(RELEASE_UNKNOWN, "release-unknown", VNFM, MUST, \
      "RELEASE_RESOURCES of a record that it never saw is answered like any other", \
      "a service whose deployment broke early, or whose VNFM lost its memory, is deleted late") \
    X(ERROR_TOLD, "error-tolerated", VNFM, MUST, "survives ERROR, the NFVO's word that an operation failed", \
      "one failed deployment takes the VNFM down") \
    X(RECORD_ID, "record-id", VNFM, MUST, \
      "an answer's record has the id of the request's record", \
      "the answer counts for another VNF, or is ignored") \
    X(KEEPS_MEMBERS, "keeps-members", VNFM, SHOULD, \
      "members of the record that it does not know come back unchanged", \
      "nothing: the NFVO merges; other NFVOs lose what newer versions add") \
    X(AGENT_COMMANDS, "agent-commands", VNFM, MUST, \
      "commands to the agents of its servers are JSON objects with action, payload and texts in env, with reply_to and correlation_id (agent.md)", \
      "the agent cannot carry out the command; the step ends at its deadline") \
    X(AGENT_SCRIPTS, "agent-scripts", VNFM, MUST, \
      "the package's scripts are on the server byte for byte before one runs; those of an event run once on each server, in their order, and the answer comes when they have ended", \
      "a VNF is shown as ACTIVE, and is not installed or started") \
    X(AGENT_ENV, "agent-environment", VNFM, MUST, \
      "a script's environment has hostname, and by each network's name the server's address", \
      "scripts configure the VNF with empty addresses") \
    X(AGENT_OUTPUT, "agent-output", VNFM, SHOULD, "the answer to LOG_REQUEST has what the scripts printed", \
      "'baton logs HOST' is empty") \
    X(AGENT_FAILS, "agent-fails", VNFM, MUST, "a script that ends with another status than 0 leads to ERROR", \
      "a VNF whose script failed is shown as ACTIVE") \
    X(AGENT_REASON, "agent-reason", VNFM, SHOULD, \
      "that ERROR names the script, the server, and the end of what the script said", \
      "the service is in ERROR, and the reason has to be looked for on the server") \
    X(AGENT_BACK, "agent-back", VNFM, MUST, \
      "an agent with a journal that comes back with a script in hand gets the command again, under its id", \
      "after a broken connection the step ends at its deadline, or the script runs twice") \
    X(AGENT_SILENT, "agent-silent", VNFM, MUST, \
      "while an agent is silent or its script runs, other VNFs are served, and RELEASE_RESOURCES of its own is answered", \
      "one server that hangs stops all services of this VNFM, or cannot be deleted") \
    X(ANSWER_ONCE, "answer-once", BOTH, MUST, "a request is answered at most once", \
      "the second answer counts for the next request, which is then done too early") \
    X(ANSWER_PLACE, "answer-place", BOTH, MUST, \
      "answers go to the request's reply_to, not to vnfm.nfvo.actions as in release 4", \
      "the answer may count for another service of the same VNF") \
    X(ANSWER_JSON, "answer-json", BOTH, MUST, "an answer is a JSON object, or null", \
      "the step fails with 'unreadable answer'") \
    X(CORRELATION, "correlation", BOTH, SHOULD, \
      "the answer has the request's correlation_id", \
      "VNFM: nothing, the NFVO makes a reply queue for each request. Driver: see correlation-driver") \
    X(CORRELATION_DRIVER, "correlation-driver", DRIVER, MUST, \
      "a driver's answer has the request's correlation_id: all drivers answer to one queue", \
      "no call of this driver is ever answered; the PoP cannot be registered") \
    X(CONTENT_TYPE, "content-type", BOTH, SHOULD, "answers have a content type that begins with 'text'", \
      "nothing with Baton; the Java NFVO cannot read other types as text") \
    X(REPEAT, "repeat", BOTH, MUST, \
      "a peer that announces the capability 'correlation' answers the same request a second time without doing it twice: the same answer again", \
      "after a restart of the NFVO or of the broker, scripts run twice or the step never ends") \
    X(GRANT_REFUSED, "grant-refused", VNFM, MUST, \
      "when GRANT_OPERATION is answered ERROR, INSTANTIATE is answered ERROR", \
      "a deployment that lacks quota or a PoP is shown as waiting, instead of failed") \
    X(ALLOCATE_REFUSED, "allocate-refused", VNFM, MUST, \
      "when ALLOCATE_RESOURCES is answered ERROR, INSTANTIATE is answered ERROR", \
      "a deployment whose server cannot be launched is shown as waiting, instead of failed") \
    X(SCALING_REFUSED, "scaling-refused", VNFM, SHOULD, \
      "when SCALING is answered ERROR, SCALE_OUT is answered ERROR", \
      "nothing with Baton, which refused it itself; others wait for the deadline") \
    X(REASON_KEPT, "reason-kept", VNFM, SHOULD, \
      "the ERROR that follows a refusal has the NFVO's reason in exception.detailMessage", \
      "the reason is only in the NFVO's own history") \
    X(GRANT_LATE, "grant-late", VNFM, MUST, \
      "waits for the answer to GRANT_OPERATION as long as it takes (here 2 s)", \
      "a deployment that waits for its PoP fails") \
    X(ANSWER_TWICE, "answer-twice", VNFM, MUST, \
      "an answer of the NFVO that comes twice changes nothing", \
      "after a restart of the NFVO a VNF is instantiated twice, or breaks") \
    X(MEMBERS_MORE, "unknown-members", BOTH, MUST, "members that it does not know are ignored", \
      "no update of the NFVO works with this peer") \
    X(MEMBERS_LESS, "missing-members", BOTH, MUST, \
      "members that are optional may be missing: vnfPackage, keys and vnfcInstance of a VNFM's requests, location and metadata of a driver's VIM instance", \
      "VNFs without a package cannot be deployed by it") \
    X(TEXT, "text-utf8", BOTH, MUST, "texts in UTF-8, with quotes and line ends, come back unchanged", \
      "names are garbled, or the service cannot be deployed") \
    X(ENCODING, "encoding", BOTH, MUST, \
      "the body is read as UTF-8 JSON whatever content_type and content_encoding say, also when they are absent", \
      "requests of another NFVO, or of a script, are not understood") \
    X(BAD_NOT_JSON, "bad-not-json", BOTH, MUST, "survives a body that is not JSON, and serves the next request", \
      "one bad message stops the peer for all services until a person restarts it") \
    X(BAD_EMPTY, "bad-empty", BOTH, MUST, "survives an empty body", "as bad-not-json") \
    X(BAD_SHAPE, "bad-shape", BOTH, MUST, "survives JSON that is no object: null, a number, a list", "as bad-not-json") \
    X(BAD_TYPES, "bad-types", BOTH, MUST, "survives members of the wrong type", "as bad-not-json") \
    X(BAD_MISSING, "bad-missing", BOTH, MUST, "survives a request without the members that it needs", "as bad-not-json") \
    X(BAD_UNKNOWN, "bad-unknown", BOTH, MUST, "survives an action or method that it does not know", "as bad-not-json") \
    X(BAD_BYTES, "bad-bytes", BOTH, MUST, "survives bytes that are not UTF-8", "as bad-not-json") \
    X(BAD_DEEP, "bad-deep", BOTH, MUST, "survives JSON nested 20,000 deep", "as bad-not-json") \
    X(BAD_HUGE, "bad-huge", BOTH, MUST, "survives a body of 8 MiB", "as bad-not-json") \
    X(BAD_ANSWERED, "bad-answered", BOTH, SHOULD, \
      "a request that it cannot read or carry out, and that has reply_to, is answered ERROR (VNFM) or exception (driver)", \
      "a VNFM: the step waits for its deadline instead of saying what is wrong; a driver: each such call costs 300 s") \
    X(NO_REPLY_TO, "no-reply-to", BOTH, MUST, \
      "a request without reply_to is carried out or ignored, and the next one is answered", \
      "the peer works on, but never answers again, until a person restarts it") \
    X(LOAD, "load", BOTH, MUST, \
      "many requests at once are all answered, each with its own record or answer", \
      "under load services stay half deployed") \
    X(RECONNECT, "reconnect", BOTH, MUST, \
      "when the broker closes its connection, it connects again by itself within a minute and serves", \
      "a restart of the broker needs a restart of this peer by a person") \
    X(KILLED, "killed", BOTH, MUST, \
      "killed (SIGKILL) with requests in hand and started again, it registers and serves the next request", \
      "after a crash it needs more than a restart") \
    X(KILLED_REQUEST, "killed-request", BOTH, SHOULD, \
      "what it had in hand when it was killed is answered after its restart: it acknowledges a request when it is answered, not before", \
      "a step that was in hand ends at its deadline, as UNKNOWN, and a person has to decide") \
    X(UNREGISTER, "unregister", BOTH, SHOULD, \
      "on SIGTERM it unregisters, with the account's username and password", \
      "it is listed until it is missed for some minutes; deployments in between fail late") \
    X(METHOD_ANSWER, "answer-form", DRIVER, MUST, \
      "an answer is {\"answer\": ...}, {} for nothing, or {\"exception\": {\"detailMessage\": text}}; never both, never another body", \
      "a call that was done counts as failed, or the other way round") \
    X(REFRESH, "refresh", DRIVER, MUST, \
      "refresh answers the VIM instance that it got, with images and networks as lists", \
      "the PoP cannot be registered") \
    X(LISTS, "lists", DRIVER, MUST, "listServer answers a list", "deleted servers are never verified as gone") \
    X(LISTS_MORE, "lists-more", DRIVER, SHOULD, "listImages, listNetworks and listFlavors answer lists", \
      "nothing with Baton, which takes them from refresh; others ask for each") \
    X(EMPTY_LIST, "empty-list", DRIVER, SHOULD, "an empty list is {\"answer\": []}, not an empty body", \
      "a deletion takes five listings, at least 20 s, to be believed") \
    X(NETWORKS, "networks", DRIVER, MUST, \
      "createNetwork answers the network with an extId, and refresh has it", \
      "services with virtual links cannot be deployed") \
    X(NETWORK_DELETE, "network-delete", DRIVER, MUST, "deleteNetwork removes it", "networks pile up in the cloud") \
    X(BOOLEANS, "booleans", DRIVER, SHOULD, "deleteNetwork answers true or false", \
      "it is shown as a failure, although it was done") \
    X(LAUNCH, "launch", DRIVER, MUST, \
      "launchInstanceAndWait answers the server with extId and the name that was asked, and listServer has it", \
      "instances become ERROR; servers are left in the cloud") \
    X(LAUNCH_TOKEN, "launch-token", DRIVER, MUST, \
      "a driver that announces 'client_token' makes one server for one clientToken", \
      "after a restart of the NFVO or driver a second server runs unseen") \
    X(LAUNCH_REFUSED, "launch-refused", DRIVER, MUST, \
      "a launch that cannot be done (image unknown) is done, or answered with an exception; never left without an answer", \
      "the deployment waits 300 s to say that an image is missing") \
    X(DELETE, "delete", DRIVER, MUST, "deleteServerByIdAndWait removes the server from listServer", \
      "deleted services keep their servers") \
    X(DELETE_TWICE, "delete-twice", DRIVER, MUST, "deleting a server that is gone does no harm", \
      "a deletion that is repeated breaks the driver") \
    X(QUOTA, "quota", DRIVER, SHOULD, "getQuota answers cores, instances and ram as numbers", \
      "'baton pop show POP' has no quota; deployments are not refused early") \
    X(GET_TYPE, "get-type", DRIVER, SHOULD, "getType answers a text", "nothing: the NFVO does not call it") \
    X(METHOD_COUNT, "wrong-count", DRIVER, SHOULD, \
      "a method with a wrong number of parameters is answered with an exception", \
      "calls of an NFVO with another overload cost 300 s each")

enum kit_weight { KIT_MUST, KIT_SHOULD };
enum kit_whose { KIT_VNFM = 1, KIT_DRIVER = 2, KIT_BOTH = 3 };
enum kit_rule {
#define X(name, ...) KIT_##name##_RULE,
    KIT_RULES(X)
#undef X
    KIT_RULE_N
};
/* clang-format on */

struct kit_rule_row {
    const char *word;
    enum kit_whose whose;
    enum kit_weight weight;
    const char *text, *seen; /* the rule; what an operator sees */
};
extern const struct kit_rule_row kit_rules[KIT_RULE_N];

#endif
