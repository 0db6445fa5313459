/* The version that every program of the suite says of itself: --version, logs, metrics, the agent's greeting, GET
 * /api/v1/main/version. They are built and installed together, so it is one. Its number is that of the release of Open
 * Baton that the wire is compatible with: the reference's packages name it (nfvo_version), its SDKs compare it. */
#ifndef COMMON_BASE_VERSION_H
#define COMMON_BASE_VERSION_H

#define BATON_VERSION "6.0.1"

#endif
