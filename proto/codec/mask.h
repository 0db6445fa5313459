/* A body for people to look at, without what is secret in it: what the tables mark SECRET, wherever
 * it stands, and what is called like a secret. For texts whose kind is not known, or that could not
 * be read as what they should be: dead letters. */
#ifndef PROTO_CODEC_MASK_H
#define PROTO_CODEC_MASK_H

#include "proto/codec/codec.h"

/* Append text (JSON of any kind) to out with the values of secret members as ten asterisks. Secret
 * are the members that any of types marks so, others whose name says so (password, token, private
 * key, ...), and those that hold what users pass to their VNFs (values of parameters, user data,
 * environments, payloads). Strings that hold JSON, or are longer than 1 kB, are told by their size;
 * logins in URLs go. types: NULL-terminated. ERR_SYNTAX, ERR_LIMIT: out is as before; nothing may
 * be shown then, since it cannot be told what it is. */
MUST_USE enum err_code proto_mask_text(const struct proto_type *const *types, const char *text,
                                       size_t len, struct sbuf *out, struct err *err);

#endif
