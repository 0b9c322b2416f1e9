/* Named points at which the tests end the program as kill -9 does (G2). They are nothing, not even a
 * call, unless the test build defines SYNCD_CRASH_POINTS; that build is never installed. */
#ifndef SYNCD_UTIL_CRASH_H
#define SYNCD_UTIL_CRASH_H

#ifdef SYNCD_CRASH_POINTS
/* $SYNCD_CRASH_AT is NAME:COUNT: ends at the COUNTth visit of that point. Any thread. */
void crash_point (const char *name);
#define CRASH_POINT(name) crash_point (name)
#else
#define CRASH_POINT(name) ((void) 0)
#endif

#endif
