/*
 * curl.h - libcurl, loaded when something is asked for: it and the 25 libraries
 * that it brings would cost every other start half as much again.
 *
 *	if (curl_load(e) != 0) return -1;
 *	handle = curl.curl_easy_init();
 */
#ifndef SIM_AIK_CURL_H
#define SIM_AIK_CURL_H

/* Checks of types that are macros around the functions, which are pointers
 * here. */
#define CURL_DISABLE_TYPECHECK
#include <curl/curl.h>

#include "sim/base/late.h"

#undef curl_easy_setopt
#undef curl_easy_getinfo

/* A row is all that a further one needs. */
#define CURL_FUNCTIONS(X)                                                      \
	X(curl, curl_easy_cleanup)                                             \
	X(curl, curl_easy_getinfo)                                             \
	X(curl, curl_easy_init)                                                \
	X(curl, curl_easy_perform)                                             \
	X(curl, curl_easy_reset)                                               \
	X(curl, curl_easy_setopt)                                              \
	X(curl, curl_easy_strerror)                                            \
	X(curl, curl_global_init)                                              \
	X(curl, curl_slist_append)                                             \
	X(curl, curl_slist_free_all)

struct curl {
	CURL_FUNCTIONS(LATE_MEMBER)
};

/* Set by curl_load(). */
extern struct curl curl;

/* Once or often; E_NOTFOUND when this machine has none. Not for several
 * threads. */
int curl_load(struct err *e);

#endif
