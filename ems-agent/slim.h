/* Keeping the agent small: it sits in every machine of every customer. */
#ifndef EMS_AGENT_SLIM_H
#define EMS_AGENT_SLIM_H

/* Once, before anything else: how malloc shall keep house. */
void slim_set_up(void);

/* Give back what is not needed at this moment: free pieces of the heap, and pages of programs and
 * libraries. Of OpenSSL a handshake touches some 4 MB, of which the connection then needs a few
 * hundred KB: the rest comes back out of the page cache when it is used again. */
void slim_down(void);

#endif
