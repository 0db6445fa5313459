/* A VNFM or VIM driver that does everything right, but what it is told to do wrong: for the tests of
 * `baton test`. It speaks to the broker itself, on no SDK.
 *
 *     odd_peer_main(argc, argv)      argv: vnfm|driver TYPE HOST PORT VHOST FAULTS
 *
 * FAULTS: words of nfvo/cli/kit/rules.h with commas between; the peer breaks just those rules. "agents" is
 * none: its servers have agents (odd_agents.h). "once=FILE" is one more: started a second time (FILE is there), it serves nothing. The broker's administrator is
 * in the environment: OB_TEST_BROKER_USER and OB_TEST_BROKER_PASSWORD. */
#ifndef TESTS_SUPPORT_ODD_PEER_H
#define TESTS_SUPPORT_ODD_PEER_H

int odd_peer_main(int argc, char **argv);

#endif
