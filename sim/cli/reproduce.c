#include <stdlib.h>
#include <string.h>

#include "sim/base/port.h"
#include "sim/cli/reproduce.h"
#include "sim/cli/serve.h"
#include "sim/tpm/child.h"
#include "sim/tpm/engine.h"
#include "sim/tpm/tpmcmd.h"

#define LOOPBACK   "127.0.0.1"
#define SEED       "reproduce"
#define MAX_OUTPUT (256 * 1024)

#define OWNER_PASSWORD "secret"
/* TPM2_HierarchyChangeAuth, and the hierarchy (Part 2, 6.5.2, 7.4). */
#define CC_HIERARCHY_CHANGE_AUTH 0x129u
#define RH_OWNER                 0x40000001u

static void
option(struct spawn_args *a, const char *name, const char *value)
{
	spawn_arg(a, name);
	spawn_arg(a, value);
}

/* --- the lab ----------------------------------------------------------------
 */

int
lab_open(unsigned timeout, struct lab *ret, struct err *e)
{
	*ret = (struct lab){ .home = HOME_INIT, .timeout = timeout };
	return home_open(NULL, &ret->home, e) != 0 ||
		       home_path(ret->home.path, "pki", ret->pki, e) != 0 ||
		       home_path(ret->home.path, "ca", ret->ca, e) != 0 ||
		       home_path(ret->ca, "root-tls.pem", ret->tls, e) != 0
		   ? -1
		   : 0;
}

void
lab_close(struct lab *l)
{
	for (size_t i = 0; i < sizeof(l->clouds) / sizeof(*l->clouds); i++)
		spawn_stop(&l->clouds[i].process);
	home_close(&l->home);
}

static int
run_quietly(const struct spawn_args *a, struct err *e)
{
	auto_buf out = BUF_INIT(MAX_OUTPUT);
	int status;

	if (spawn_run(a, false, &out, &status, e) != 0)
		return -1;
	return status == 0 ? 0
			   : err_set(e, E_IO, "'odcasim %s': exit status %d",
				 a->v[1], status);
}

static int
make_pki(struct lab *l, struct err *e)
{
	const struct spawn_args init = {
		{ "odcasim", "ca", "init", "--pki", l->pki }, 5
	};
	const struct spawn_args export = { { "odcasim", "ca", "export", "--pki",
					       l->pki, "--out", l->ca },
		7 };

	if (l->have_pki)
		return 0;
	if (run_quietly(&init, e) != 0 || run_quietly(&export, e) != 0)
		return -1;
	l->have_pki = true;
	return 0;
}

static int
read_address(struct span line, char out[static 64], struct err *e)
{
	json_auto_t *ready = json_loadb((const char *)line.p, line.n, 0, NULL);
	const char *at = json_string_value(json_object_get(ready, "listen"));

	if (at == NULL || strlen(at) >= 64)
		return err_set(e, E_FORMAT, "'odcasim cloud': ready line");
	(void)snprintf(out, 64, "%s", at);
	return 0;
}

/* Of the built-in hierarchy when pki is NULL, without a fault when fault is. */
static int
start_cloud(const char *pki, const char *fault, struct spawn *ret,
    char at[static 64], struct err *e)
{
	struct spawn_args a = { { "odcasim", "cloud", "--listen", LOOPBACK ":0",
				    "--log", "error" },
		6 };
	auto_buf ready = BUF_INIT(MAX_COMMAND);

	if (pki != NULL)
		option(&a, "--pki", pki);
	if (fault != NULL)
		option(&a, "--fault", fault);
	return spawn_start(&a, &ready, ret, e) != 0
		   ? -1
		   : read_address(buf_span(&ready), at, e);
}

/* One with a fault is for one reproduction only. */
static int
have_cloud(struct lab *l, const struct mode *m, struct spawn *own,
    char at[static 64], struct err *e)
{
	const bool other = (m->other & OTHER_CLOUD) != 0;
	const char *pki = other ? l->pki : NULL;

	if (m->cloud_fault != NULL)
		return start_cloud(pki, m->cloud_fault, own, at, e);
	if (l->clouds[other].process.pid <= 0 &&
	    start_cloud(pki, NULL, &l->clouds[other].process,
		l->clouds[other].at, e) != 0)
		return -1;
	(void)snprintf(at, 64, "%s", l->clouds[other].at);
	return 0;
}

/* --- commands ---------------------------------------------------------------
 */

/* Where things are; one for this lab, one for who does the same by hand. */
struct place {
	const char *state, *pki, *ca, *tls;
	const char *cloud;   /* the services' address */
	const char *connect; /* where the client goes */
	char timeout[16];
};

/* What is remembered of a device, by EKOP and by lists, is of no other one. */
static const char *
seed_of(const struct mode *m)
{
	return m->device.known || m->device.revoked ? m->name : SEED;
}

static struct spawn_args
mint_args(const struct mode *m, const struct place *p)
{
	struct spawn_args a = { { "odcasim", "mint" }, 2 };

	option(&a, "--state", p->state);
	option(&a, "--family", m->device.family);
	option(&a, "--seed", seed_of(m));
	if (m->device.batch != NULL)
		option(&a, "--batch", m->device.batch);
	if (m->other & OTHER_DEVICE)
		option(&a, "--pki", p->pki);
	for (size_t i = 0; i < MAX_MODE_FAULTS; i++)
		if (m->device.faults[i] != NULL)
			option(&a, "--fault", m->device.faults[i]);
	if (m->device.known)
		option(&a, "--ekop", p->cloud);
	return a;
}

static bool
is_revoked(const struct mode *m)
{
	return m->device.revoked || m->device.batch_revoked;
}

static struct spawn_args
revoke_args(const struct mode *m, const struct place *p)
{
	struct spawn_args a = { { "odcasim", "ca", "revoke" }, 3 };

	option(&a, "--pki", p->pki);
	if (m->device.revoked) {
		option(&a, "--state", p->state);
	} else {
		option(&a, "--family", m->device.family);
		option(&a, "--batch", m->device.batch);
	}
	option(&a, "--reason", "keyCompromise");
	return a;
}

static struct spawn_args
enroll_args(const struct mode *m, const struct place *p)
{
	struct spawn_args a = { { "odcasim", "enroll" }, 2 };

	option(&a, "--state", p->state);
	option(
	    &a, m->wire == WIRE_PROXY ? "--proxy" : "--connect-to", p->connect);
	option(&a, "--client", authority_client_name(m->client));
	if (m->other & OTHER_CLIENT)
		option(&a, "--pki", p->pki);
	if (m->other & OTHER_TLS)
		option(&a, "--cacert", p->tls);
	if (m->client_fault != NULL)
		option(&a, "--fault", m->client_fault);
	if (m->wire == WIRE_BLACK_HOLE)
		option(&a, "--timeout", p->timeout);
	return a;
}

/* --- by hand ----------------------------------------------------------------
 */

static int
note(struct reproduction *r, const struct spawn_args *a, const char *tail,
    struct err *e)
{
	char text[MAX_COMMAND];
	size_t n = 0;

	for (size_t i = 0; i < a->n && n < sizeof(text); i++)
		n += (size_t)snprintf(text + n, sizeof(text) - n, "%s%s",
		    i > 0 ? " " : "", a->v[i]);
	if (n < sizeof(text))
		(void)snprintf(text + n, sizeof(text) - n, "%s", tail);
	if ((r->commands[r->n_commands] = strdup(text)) == NULL)
		return err_set(e, E_NOMEM, "commands");
	r->n_commands++;
	return 0;
}

static int
note_services(struct reproduction *r, const struct mode *m,
    const struct place *p, struct err *e)
{
	struct spawn_args init = { { "odcasim", "ca", "init" }, 3 };
	struct spawn_args export = { { "odcasim", "ca", "export" }, 3 };
	struct spawn_args cloud = { { "odcasim", "cloud" }, 2 };

	option(&init, "--pki", p->pki);
	option(&export, "--pki", p->pki);
	option(&export, "--out", p->ca);
	option(&cloud, "--listen", p->cloud);
	if (m->other & OTHER_CLOUD)
		option(&cloud, "--pki", p->pki);
	if (m->cloud_fault != NULL)
		option(&cloud, "--fault", m->cloud_fault);
	if (m->other != 0 && note(r, &init, "", e) != 0)
		return -1;
	if ((m->other & OTHER_TLS) && note(r, &export, "", e) != 0)
		return -1;
	return m->wire == WIRE_CLOUD || m->wire == WIRE_PROXY || m->device.known
		   ? note(r, &cloud, " &", e)
		   : 0;
}

static int
note_all(struct reproduction *r, const struct mode *m, struct err *e)
{
	static const char *const wires[] = {
		[WIRE_CLOUD] = LOOPBACK ":8443",
		[WIRE_NO_NAME] = HTTPC_NO_SUCH_NAME ":443",
		[WIRE_CLOSED] = LOOPBACK ":1",
		[WIRE_BLACK_HOLE] = LOOPBACK ":8444",
		[WIRE_PROXY] = LOOPBACK ":8443",
	};
	const struct place p = { .state = "./tpm",
		.pki = "./pki",
		.ca = "./ca",
		.tls = "./ca/root-tls.pem",
		.cloud = LOOPBACK ":8443",
		.connect = wires[m->wire],
		.timeout = "3" };
	static const struct spawn_args password = {
		{ "odcasim", "exec", "--state", "./tpm", "--",
		    "tpm2_changeauth", "-c", "owner", OWNER_PASSWORD },
		9
	};
	static const struct spawn_args silent = {
		{ "nc", "-lk", LOOPBACK, "8444" }, 4
	};
	const struct spawn_args mint = mint_args(m, &p),
				revoke = revoke_args(m, &p),
				enroll = enroll_args(m, &p);

	if (m->wire == WIRE_BLACK_HOLE && note(r, &silent, " &", e) != 0)
		return -1;
	if (note_services(r, m, &p, e) != 0 || note(r, &mint, "", e) != 0 ||
	    (is_revoked(m) && note(r, &revoke, "", e) != 0) ||
	    (m->device.owner_auth && note(r, &password, "", e) != 0))
		return -1;
	return note(r, &enroll, "", e);
}

/* --- the wire ---------------------------------------------------------------
 */

static int
lay_wire(const struct mode *m, const char *cloud, int *ret_fd,
    char out[static 64 + sizeof(HTTPC_NO_SUCH_NAME)], struct err *e)
{
	if (m->wire == WIRE_CLOSED || m->wire == WIRE_BLACK_HOLE)
		return port_take(m->wire == WIRE_BLACK_HOLE, ret_fd, out, e);
	(void)snprintf(out, 64 + sizeof(HTTPC_NO_SUCH_NAME), "%s",
	    m->wire == WIRE_NO_NAME ? HTTPC_NO_SUCH_NAME ":443" : cloud);
	return 0;
}

/* --- the device -------------------------------------------------------------
 */

/* As whoever had the TPM before would have left it. */
static int
set_owner_password(const void *arg, struct err *e)
{
	const struct serve_options on = { .power = true,
		.startup = STARTUP_CLEAR };
	auto_store store = NULL;
	auto_tpmcmd c = TPMCMD_INIT;
	struct span answer;
	int rc;

	if (store_open_dir(arg, STORE_OWN, &store, e) != 0 ||
	    serve_power_on(store, &on, e) != 0)
		return -1;
	tpmcmd_begin(&c, CC_HIERARCHY_CHANGE_AUTH, "HierarchyChangeAuth");
	tpmcmd_handle(&c, RH_OWNER);
	tpmcmd_password(&c);
	(void)buf_put_2b(&c.bytes, SPAN_STR(OWNER_PASSWORD));
	rc = tpmcmd_run(&c, NULL, &answer, e);
	if (rc == 0)
		rc = tpmcmd_shutdown(SU_CLEAR, e);
	engine_power_off();
	return rc;
}

static bool
same_text(const char *a, const char *b)
{
	return a == NULL || b == NULL ? a == b : strcmp(a, b) == 0;
}

static bool
same_device(const struct mode *a, const struct mode *b)
{
	for (size_t i = 0; i < MAX_MODE_FAULTS; i++)
		if (!same_text(a->device.faults[i], b->device.faults[i]))
			return false;
	return same_text(a->device.family, b->device.family) &&
	       same_text(a->device.batch, b->device.batch) &&
	       same_text(seed_of(a), seed_of(b)) &&
	       a->device.owner_auth == b->device.owner_auth &&
	       a->device.revoked == b->device.revoked &&
	       a->device.batch_revoked == b->device.batch_revoked &&
	       a->device.known == b->device.known &&
	       (a->other & OTHER_DEVICE) == (b->other & OTHER_DEVICE);
}

static int
make_device(const struct mode *m, const struct place *p, struct err *e)
{
	const struct spawn_args mint = mint_args(m, p),
				revoke = revoke_args(m, p);

	if (run_quietly(&mint, e) != 0 ||
	    (is_revoked(m) && run_quietly(&revoke, e) != 0))
		return -1;
	return m->device.owner_auth ? child_run(set_owner_password, p->state, e)
				    : 0;
}

/* Where it is, when it was made before. */
static int
have_device(struct lab *l, const struct mode *m, const struct place *p,
    char state[static MAX_PATH_LENGTH], struct err *e)
{
	char name[16];
	size_t i = 0;

	while (i < l->n_devices && !same_device(&l->devices[i], m))
		i++;
	(void)snprintf(name, sizeof(name), "tpm%zu", i);
	if (home_path(l->home.path, name, state, e) != 0)
		return -1;
	if (i < l->n_devices)
		return 0;
	if (i == MAX_LAB_DEVICES)
		return err_set(e, E_LIMIT, "more than %zu devices", i);
	if (make_device(m, p, e) != 0)
		return -1;
	l->devices[l->n_devices++] = *m;
	return 0;
}

/* --- the enrolment ----------------------------------------------------------
 */

static enum enroll_step
step_of(const json_t *enroll)
{
	const char *letter = json_string_value(json_object_get(enroll, "step"));

	return letter != NULL && letter[0] >= 'A' &&
		       letter[0] <= enroll_letter(ENROLL_STEPS - 1)
		   ? (enum enroll_step)(letter[0] - 'A')
		   : ENROLL_TPM;
}

static void
read_outcome(const json_t *enroll, struct mode_outcome *o)
{
	const json_t *why = json_object_get(enroll, "failure");
	const char *hr = json_string_value(json_object_get(why, "hresult"));
	const json_t *place =
	    json_object_get(json_object_get(enroll, "authority"), "place");
	const char *source = json_string_value(json_object_get(
	    json_object_get(enroll, "ek_certificate"), "source"));

	*o = (struct mode_outcome){
		.enrolled = json_is_true(json_object_get(enroll, "enrolled")),
		.step = step_of(enroll),
		.status = (unsigned)json_integer_value(
		    json_object_get(why, "http_status")),
		.hresult = hr != NULL ? (uint32_t)strtoul(hr, NULL, 16) : 0,
		.denied = json_integer_value(json_object_get(
			      why, "pki_status")) == SCEP_FAILURE,
		.reply = json_string_value(json_object_get(why, "reply")),
		.url_of = json_is_integer(place)
			      ? (unsigned)json_integer_value(place) + 1
			      : 0,
		.ekop = source != NULL && strcmp(source, "ekop") == 0,
	};
}

/* It says how it failed on stdout. */
static int
enroll(const struct mode *m, const struct place *p, struct reproduction *r,
    struct err *e)
{
	struct spawn_args a = enroll_args(m, p);
	auto_buf out = BUF_INIT(MAX_OUTPUT);
	int status;

	spawn_arg(&a, "--json");
	if (spawn_run(&a, true, &out, &status, e) != 0)
		return -1;
	r->enroll = json_loadb((const char *)out.p, out.n, 0, NULL);
	if (r->enroll == NULL)
		return err_set(e, E_FORMAT,
		    "'odcasim enroll': exit status %d, and no JSON", status);
	read_outcome(r->enroll, &r->outcome);
	r->expected = mode_judge(r->mode, &r->outcome, r->difference);
	return 0;
}

static int
reproduce(
    struct lab *l, const struct mode *m, struct reproduction *r, struct err *e)
{
	AUTO(spawn_stop) struct spawn own = { .pid = 0 };
	char cloud[64], connect[64 + sizeof(HTTPC_NO_SUCH_NAME)];
	char state[MAX_PATH_LENGTH];
	struct place p = { .state = state,
		.pki = l->pki,
		.ca = l->ca,
		.tls = l->tls,
		.cloud = cloud,
		.connect = connect };
	auto_fd int port = -1;

	(void)snprintf(p.timeout, sizeof(p.timeout), "%u", l->timeout);
	if ((m->other != 0 && make_pki(l, e) != 0) ||
	    have_cloud(l, m, &own, cloud, e) != 0 ||
	    lay_wire(m, cloud, &port, connect, e) != 0 ||
	    have_device(l, m, &p, state, e) != 0 || enroll(m, &p, r, e) != 0)
		return -1;
	return note_all(r, m, e);
}

int
lab_reproduce(struct lab *l, const struct mode *m, bool without_cause,
    struct reproduction *ret, struct err *e)
{
	const struct mode control = mode_without_cause(m);

	*ret = (struct reproduction){ .mode = m };
	if (m->absent != NULL) {
		err_set(e, E_USAGE, "'%s' cannot be had outside Windows: %s",
		    m->name, m->absent);
		return err_hint(
		    e, "'odcasim reproduce --list' has those that can");
	}
	return reproduce(l, without_cause ? &control : m, ret, e) != 0
		   ? err_wrap(e, "reproduce '%s'", m->name)
		   : 0;
}

void
reproduction_done(struct reproduction *r)
{
	json_decref(r->enroll);
	while (r->n_commands > 0)
		free(r->commands[--r->n_commands]);
	*r = (struct reproduction){ .mode = NULL };
}
