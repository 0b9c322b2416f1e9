/* systemd's readiness, status and watchdog protocol (sd_notify(3)): datagrams to $NOTIFY_SOCKET.
 *
 * Without that variable nothing is sent. Main thread only. */
#ifndef SYNCD_UTIL_NOTIFY_H
#define SYNCD_UTIL_NOTIFY_H

/* Reads $NOTIFY_SOCKET, $WATCHDOG_USEC and $WATCHDOG_PID; from then on the others speak. */
void notify_setup (void);
void notify_ready (void);
void notify_reloading (void);
void notify_stopping (void);
/* What `systemctl status` shows. */
void notify_status (const char *text);
/* The thread that called notify_setup() is alive: a watchdog message where half of its time has passed.
 * Cheap; nothing in other threads. */
void notify_alive (void);
/* How often that is wanted; 0: not at all. */
long long notify_every_us (void);

#endif
