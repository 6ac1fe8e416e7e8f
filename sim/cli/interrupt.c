#include <signal.h>
#include <stdio.h>
#include <unistd.h>

#include "sim/cli/interrupt.h"

static volatile sig_atomic_t caught;

static void
die(int number)
{
	(void)signal(number, SIG_DFL);
	(void)raise(number);
}

/* What is called here is safe in a signal handler (POSIX.1-2017 2.4.3). */
static void
on_signal(int number)
{
	if (caught != 0)
		return;
	caught = number;
	(void)alarm(INTERRUPT_PATIENCE);
}

static void
on_alarm(int number)
{
	die(caught != 0 ? caught : number);
}

void
interrupt_catch(void)
{
	static const int numbers[] = { SIGINT, SIGTERM, SIGHUP };
	/* What waits for a TPM does not expect to be interrupted. */
	struct sigaction act = { .sa_handler = on_signal,
		.sa_flags = SA_RESTART };

	for (size_t i = 0; i < sizeof(numbers) / sizeof(numbers[0]); i++) {
		struct sigaction old;

		if (sigaction(numbers[i], NULL, &old) == 0 &&
		    old.sa_handler != SIG_IGN)
			(void)sigaction(numbers[i], &act, NULL);
	}
	act.sa_handler = on_alarm;
	(void)sigaction(SIGALRM, &act, NULL);
	(void)signal(SIGPIPE, SIG_IGN);
}

bool
interrupt_caught(void)
{
	return caught != 0;
}

void
interrupt_end(void)
{
	if (caught == 0)
		return;
	(void)fflush(stdout);
	die(caught);
}
