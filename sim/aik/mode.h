/*
 * mode.h - the ways in which attestation fails: a row a mode, with what has to
 * be wrong for it, what is to be seen then, why, and what helps.
 *
 * Data, and the judgement whether what was seen is what a row says. Making it
 * happen is for sim/cli/reproduce.h.
 */
#ifndef SIM_AIK_MODE_H
#define SIM_AIK_MODE_H

#include "sim/aik/enroll.h"

/* What is in the place of the services. */
enum mode_wire {
	WIRE_CLOUD,      /* they are */
	WIRE_NO_NAME,    /* a name that no resolver knows */
	WIRE_CLOSED,     /* a port where nobody listens */
	WIRE_BLACK_HOLE, /* one that takes connections, and never says a word */
	WIRE_PROXY,      /* a proxy, which is the services with a fault */
};

/* Who is of another hierarchy than the built-in one. */
enum mode_other {
	OTHER_DEVICE = 1 << 0,
	OTHER_CLOUD = 1 << 1,
	OTHER_CLIENT = 1 << 2, /* which CAs the client knows, and trusts */
	OTHER_TLS = 1 << 3,    /* which root it trusts for TLS only */
	OTHER_ALL = OTHER_DEVICE | OTHER_CLOUD | OTHER_CLIENT,
};

/* How sure it is that Windows and the real service do the same. */
enum mode_label {
	LABEL_DOCUMENTED,
	LABEL_SEEN,
	LABEL_CODE, /* programs are known that handle it */
	LABEL_INFERRED
};

#define MAX_MODE_FAULTS 2

/* What an enrolment came to. */
struct mode_outcome {
	bool enrolled;
	enum enroll_step step; /* the last one that was begun */
	unsigned status;       /* of HTTP; 0: no answer, or nothing was asked */
	uint32_t hresult;
	bool denied;       /* by the service: pkiStatus 2 */
	const char *reply; /* the service's text; NULL: none */
	/* Of whose issuer the URL is, 1 for the EK certificate, 2 for the next
	 * one up; 0: there was none, or any is right. */
	unsigned url_of;
	bool ekop; /* the EK certificate is EKOP's; false in a row: or not */
};

struct mode {
	const char *name;  /* stable; NULL ends a table */
	const char *title; /* one sentence, no full stop */
	const char *who;   /* meets it */
	/* Why it cannot be had outside Windows; then there is no trigger. */
	const char *absent;

	struct {
		const char *family;
		const char *batch;                   /* NULL: the default one */
		const char *faults[MAX_MODE_FAULTS]; /* of odca/fault.h */
		bool owner_auth; /* the owner hierarchy has a password */
		/* With OTHER_DEVICE only. */
		bool revoked, batch_revoked;
		bool known; /* EKOP has its EK certificates */
	} device;
	unsigned other; /* enum mode_other */
	enum mode_wire wire;
	/* Of cloudfault.h; NULL: none. */
	const char *cloud_fault, *client_fault;
	enum aik_client client;

	struct mode_outcome want; /* reply: a part of it */
	const char *autopilot;    /* the code that a user of it sees; NULL */
	const char *why, *remedy;
	enum mode_label label;
	const char *source;
};

/* Rows; name NULL ends. */
extern const struct mode aik_modes[];

/* A part of the story of 11th-gen attestation. */
struct mode_part {
	const char *mode; /* NULL ends */
	const char *text;
};
extern const struct mode_part aik_story[];

/* NULL for an unknown name: E_USAGE with what was meant. */
const struct mode *mode_require(const char *name, struct err *e);
/* "documented". */
const char *mode_label_text(enum mode_label label);
/* Nothing wrong: the same device as it leaves the factory, and all else as it
 * should be. */
struct mode mode_without_cause(const struct mode *m);

/* Whether o is what the row wants. If not, out says what is not: "step: want F,
 * have L". */
#define MODE_WHY_SIZE 256
bool mode_judge(const struct mode *m, const struct mode_outcome *o,
    char out[static MODE_WHY_SIZE]);

#endif
