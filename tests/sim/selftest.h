/* The fake ports' own tests, without engine and domain: does the simulator simulate what it says?
 */
#ifndef TESTS_SIM_SELFTEST_H
#define TESTS_SIM_SELFTEST_H

int selftest(void); /* how many checks failed; prints them */

#endif
