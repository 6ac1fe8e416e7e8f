/*
 * auto.h - owners that clean up after themselves.
 *
 * AUTO(fn) calls fn(&variable) when the variable goes out of scope; the types
 * of a module add their own auto_... beside their _free.  Handing ownership
 * over is visible: return TAKE(p).
 */
#ifndef SIM_BASE_AUTO_H
#define SIM_BASE_AUTO_H

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#define AUTO(fn) __attribute__((cleanup(fn)))

/* The value of p, and p is NULL from here on. */
#define TAKE(p)                                                                \
	__extension__({                                                        \
		__typeof__(p) take_ = (p);                                     \
		(p) = NULL;                                                    \
		take_;                                                         \
	})
/* The same for a descriptor: -1 from here on. */
#define TAKE_FD(fd)                                                            \
	__extension__({                                                        \
		int take_ = (fd);                                              \
		(fd) = -1;                                                     \
		take_;                                                         \
	})

static inline void
auto_free_fn(void *p)
{
	free(*(void **)p);
}

static inline void
auto_fd_fn(int *fd)
{
	if (*fd >= 0)
		(void)close(*fd);
}

static inline void
auto_file_fn(FILE **f)
{
	if (*f != NULL)
		(void)fclose(*f);
}

#define auto_free AUTO(auto_free_fn)
#define auto_fd   AUTO(auto_fd_fn)
#define auto_file AUTO(auto_file_fn)

#endif
