/* What the service manager is told, in the protocol of sd_notify(3): one datagram to the socket that it names in NOTIFY_SOCKET. Without
 * one nothing is said, and nothing fails: a manager that is not there cannot wait for us. */
#ifndef CAAPROOFD_NOTIFY_H
#define CAAPROOFD_NOTIFY_H

/* Takes NOTIFY_SOCKET out of the environment, so that roles have no part in it. -1: there is none. */
int notify_open(void);

/* "READY=1", "STOPPING=1"; RELOADING=1 comes with the time that the protocol wants. */
void notify_say(int socket, const char *state);
void notify_reloading(int socket);

#endif
