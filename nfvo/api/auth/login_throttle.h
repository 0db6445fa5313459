/* clang-format off */
/* How long a login has to wait after others have failed. Guessing gets slow, and nobody is locked
 * out: what is held up is the address that guesses, not the account.
 *
 * Three counts of failures of the last hour, in the database, as any NFVO may be asked
 * (nfvo/store/store_login.h):
 *
 *     pair      this account from this client     from the 5th on 1, 2, 4 .. 900 s; for a client
 *                                                 from which the user has logged in before 1/4 s,
 *                                                 from the 50th on 1 s
 *     client    all accounts from this client     from the 20th on 1, 2, 4 .. 60 s; not for
 *                                                 accounts that have logged in from there before
 *     account   from all strange clients          from the 100th on 1 s, from the 1000th on 10 s;
 *                                                 not for clients from which the user logged in
 *
 * Who comes too early is refused (429), without argon2. From a client from which the user has logged
 * in before, or from which nobody has failed, he is held instead, and looks again at random times:
 * so a user who shares the address with a guesser, or the account with a thousand of them, gets his
 * turn, with the same chance as each guess.
 *
 * A client is an IPv4 address or an IPv6 network of 64 bits. All of this comes before the memory of
 * right passwords (known_passwords.h) is asked: what it holds would be a guess for free. It spares
 * argon2 only. A login that succeeds ends the count of its pair only: an account of one's own does
 * not wash away guesses at others'. */
/* clang-format on */
#ifndef NFVO_API_AUTH_LOGIN_THROTTLE_H
#define NFVO_API_AUTH_LOGIN_THROTTLE_H

#include "nfvo/store/store_login.h"

/* Microseconds from standing->now_us until the next try counts; 0: now. Pure. */
int64_t login_wait_us(const struct store_login_standing *standing);

/* Is he held, instead of refused, when he comes too early? Pure. */
bool login_is_held(const struct store_login_standing *standing);
/* For how long one who is held waits until he looks again, given a random number. Pure. */
int64_t login_hold_us(int64_t wait_us, uint32_t random);

/* By how many turns those who guessed before wait longer for argon2 (common/sys/task_queue.h), and
 * strangers who come for an account at which many guess; a client from which the user has logged in
 * before does not wait for strangers. Pure. */
unsigned login_penalty(const struct store_login_standing *standing);

#endif
