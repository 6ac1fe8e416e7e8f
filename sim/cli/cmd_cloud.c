#include <stdlib.h>
#include <string.h>

#include <jansson.h>

#include "odca/pki.h"
#include "sim/aik/cloud.h"
#include "sim/aik/httpd.h"
#include "sim/cli/args.h"
#include "sim/cli/out.h"
#include "sim/cli/process.h"
#include "sim/tpm/listen.h"
#include "sim/tpm/store.h"

#define DEFAULT_ADDRESS "127.0.0.1:8443"
#define DEFAULT_TIMEOUT 30
/* "localhost" has two addresses. */
#define MAX_LISTENERS (2 * MAX_OPT_LIST)

/* --- where ---------------------------------------------------------------- */

struct sockets {
	struct listen_set sets[MAX_OPT_LIST];
	size_t n;
	int fds[MAX_LISTENERS];
	size_t n_fds;
	char first[INET6_ADDRSTRLEN + 16]; /* "127.0.0.1:8443" */
};

static void
sockets_done(struct sockets *s)
{
	while (s->n > 0)
		listen_close(&s->sets[--s->n]);
}

static int
listen_on(const char *text, bool allow_remote, struct sockets *s, struct err *e)
{
	struct listen_set *set = &s->sets[s->n];
	const char *host;
	struct address a;

	if (address_parse(text, &a, e) != 0)
		return -1;
	if (address_is_unix(&a))
		return err_set(
		    e, E_USAGE, "'%s': HTTP is served on ADDR:PORT only", text);
	if (address_check_remote(&a, text, allow_remote, e) != 0 ||
	    listen_other(&a, set, e) != 0)
		return -1;
	for (unsigned i = 0; i < set->n; i++)
		s->fds[s->n_fds++] = set->sockets[i].fd;
	host = address_connect_host(&a);
	if (s->n++ == 0)
		(void)snprintf(s->first, sizeof(s->first),
		    strchr(host, ':') != NULL ? "[%s]:%u" : "%s:%u", host,
		    set->port);
	return 0;
}

static int
listen_all(const struct args *a, struct sockets *s, struct err *e)
{
	const struct opt_list *l = &a->cloud.listen;

	if (l->n == 0)
		return listen_on(DEFAULT_ADDRESS, a->allow_remote, s, e);
	for (size_t i = 0; i < l->n; i++)
		if (listen_on(l->items[i], a->allow_remote, s, e) != 0)
			return -1;
	return 0;
}

/* --- what ----------------------------------------------------------------- */

struct descriptors {
	char *paths[MAX_OPT_LIST];
	size_t n;
};

static void
descriptors_done(struct descriptors *d)
{
	while (d->n > 0)
		free(d->paths[--d->n]);
}

static int
find_descriptors(const struct args *a, struct descriptors *d,
    struct opt_list *ret, struct err *e)
{
	const struct opt_list *states = &a->cloud.states;

	for (size_t i = 0; i < states->n; i++) {
		if (asprintf(&d->paths[i], "%s/%s", states->items[i],
			STORE_DESCRIPTOR) < 0)
			return err_set(e, E_NOMEM, "states");
		ret->items[i] = d->paths[i];
		d->n = ret->n = i + 1;
	}
	return 0;
}

/* --- serving ---------------------------------------------------------------
 */

static char *
ready_line(const struct sockets *s)
{
	json_auto_t *all = json_pack("{s:b, s:s, s:i}", "ready", 1, "listen",
	    s->first, "pid", (int)getpid());

	return all != NULL ? json_dumps(all, JSON_COMPACT) : NULL;
}

/* From here on nobody needs the CAs' keys. */
static int
start(const struct args *a, struct cloud *cloud,
    const struct cloudfault_set *faults, const struct sockets *s,
    struct httpd **ret, struct err *e)
{
	auto_buf key = BUF_INIT(MAX_SMALL_FILE);
	auto_buf cert = BUF_INIT(MAX_SMALL_FILE);
	struct httpd_options o = {
		.handler = cloud_answer,
		.ctx = cloud,
		.listeners = s->fds,
		.n_listeners = s->n_fds,
		.patient = cloudfault_waits(faults),
		.timeout =
		    a->cloud.timeout != 0 ? a->cloud.timeout : DEFAULT_TIMEOUT,
	};

	if (cloud_identity(cloud, &key, &cert, e) != 0)
		return -1;
	pki_forget_keys();
	o.tls_key = buf_span(&key);
	o.tls_chain = buf_span(&cert);
	return httpd_new(&o, ret, e);
}

static int
serve(const struct args *a, struct cloud *cloud,
    const struct cloudfault_set *faults, struct err *e)
{
	AUTO(sockets_done) struct sockets s = { .n = 0 };
	AUTO(pid_file_remove) struct pid_file pid = { .path = "" };
	auto_free char *line = NULL;
	auto_httpd httpd = NULL;

	if (listen_all(a, &s, e) != 0 ||
	    start(a, cloud, faults, &s, &httpd, e) != 0 ||
	    pid_file_write(a->cloud.pid, -1, &pid, e) != 0)
		return -1;
	if ((line = ready_line(&s)) == NULL)
		return err_set(e, E_NOMEM, "ready line");
	return out_ready(line, a->ready_fd, e) != 0 ? -1 : httpd_run(httpd, e);
}

int
cmd_cloud(const struct args *a, struct err *e)
{
	AUTO(descriptors_done) struct descriptors d = { .n = 0 };
	struct cloud_options o = { .pki = a->device.pki };
	auto_cloudfault faults = NULL;
	auto_cloud cloud = NULL;

	if (out_check_ready_fd(a->ready_fd, e) != 0 ||
	    find_descriptors(a, &d, &o.descriptors, e) != 0 ||
	    cloudfault_new(
		&a->cloud.faults, false, a->cloud.seed, &faults, e) != 0)
		return -1;
	o.faults = faults;
	if (cloud_new(&o, &cloud, e) != 0)
		return -1;
	return serve(a, cloud, faults, e);
}
