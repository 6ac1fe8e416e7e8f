#include <setjmp.h>
#include <signal.h>

#include "sim/tpm/guard.h"

static const int fatal[] = { SIGSEGV, SIGBUS, SIGFPE, SIGABRT };
#define N_FATAL (sizeof(fatal) / sizeof(fatal[0]))

static sigjmp_buf way_out;

/* The signal is work's own doing, so this thread's. */
static void
on_fatal(int number)
{
	siglongjmp(way_out, number);
}

bool
guard_run(void (*work)(void *arg), void *arg)
{
	const struct sigaction leave = { .sa_handler = on_fatal };
	struct sigaction before[N_FATAL];
	volatile bool whole = false;

	for (size_t i = 0; i < N_FATAL; i++)
		(void)sigaction(fatal[i], &leave, &before[i]);
	if (sigsetjmp(way_out, 1) == 0) {
		work(arg);
		whole = true;
	}
	for (size_t i = 0; i < N_FATAL; i++)
		(void)sigaction(fatal[i], &before[i], NULL);
	return whole;
}
