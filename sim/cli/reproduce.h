/*
 * reproduce.h - failure modes made to happen: a device, the services and what
 * is wrong between them, all on this machine and gone afterwards.
 *
 * Each part is this program with the options that a user would give, so what is
 * reproduced can be repeated by hand: `commands` says how.
 */
#ifndef SIM_CLI_REPRODUCE_H
#define SIM_CLI_REPRODUCE_H

#include <jansson.h>

#include "sim/aik/mode.h"
#include "sim/cli/home.h"
#include "sim/cli/spawn.h"

#define MAX_LAB_DEVICES 64

/* What reproductions share: services take longer to start than to ask, and
 * devices to make than to enrol. */
struct lab {
	struct home home;
	unsigned timeout; /* seconds that a black hole is waited for */
	struct {
		struct spawn process;
		char at[64]; /* "127.0.0.1:8443" */
	} clouds[2];         /* of the built-in hierarchy, of another one */
	/* Those that were made, in tpm0, tpm1 ...: an enrolment changes none,
	 * so modes share what they have the same. */
	struct mode devices[MAX_LAB_DEVICES];
	size_t n_devices;
	bool have_pki;
	char pki[MAX_PATH_LENGTH], ca[MAX_PATH_LENGTH],
	    tls[MAX_PATH_LENGTH]; /* of the other one */
};

#define MAX_COMMANDS 8
#define MAX_COMMAND  1024

struct reproduction {
	const struct mode *mode;
	json_t *enroll; /* what 'odcasim enroll --json' said */
	struct mode_outcome outcome;
	bool expected;
	char difference[MODE_WHY_SIZE]; /* "" when expected */
	char *commands[MAX_COMMANDS];   /* to do the same by hand */
	size_t n_commands;
};

/* Before any thread. lab_close() in any case. */
int lab_open(unsigned timeout, struct lab *ret, struct err *e);
void lab_close(struct lab *l);
/*
 * Make a mode of the table happen. without_cause: leave out what is wrong, so
 * that the row's expectation has to fail unless it is an enrolment.
 * reproduction_done() in any case; an error is that it could not be tried.
 */
int lab_reproduce(struct lab *l, const struct mode *m, bool without_cause,
    struct reproduction *ret, struct err *e);
void reproduction_done(struct reproduction *r);

/* For people, and a row of a table; for programs. */
void reproduce_text(const struct reproduction *r);
void reproduce_row_title(void);
void reproduce_row(const struct reproduction *r);
void reproduce_row_failed(const struct mode *m, const char *why);
/* name, title, who, absent (null, or why there is none), device (null, or
 * {family, batch, faults, owner_auth, revoked, batch_revoked, known}), other
 * (parts of another hierarchy), wire, cloud_fault, client_fault (null: none),
 * client, want (null, or as
 * outcome), event (null: none), autopilot, why, remedy, label, source. NULL
 * without memory. */
json_t *reproduce_json_mode(const struct mode *m);
/* mode (its name), expected, difference (null: none), outcome {enrolled, step,
 * http_status, hresult, hresult_name, denied, reply, url_of, ekop}, commands,
 * enrolment (as 'odcasim enroll --json' has it). */
json_t *reproduce_json(const struct reproduction *r);

#define auto_reproduction AUTO(reproduction_done) struct reproduction

#endif
