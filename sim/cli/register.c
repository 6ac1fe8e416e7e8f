#include <string.h>

#include "odca/cert.h"
#include "odca/ek_template.h"
#include "odca/name.h"
#include "sim/aik/ekop.h"
#include "sim/aik/enroll.h"
#include "sim/aik/httpc.h"
#include "sim/cli/home.h"
#include "sim/cli/register.h"
#include "sim/tpm/child.h"

#define TIMEOUT 30 /* seconds */

struct job {
	const char *ekop;
	const json_t *eks;
};

/* Plain HTTP: a certificate is no secret, and EKOP takes what its hierarchy
 * issued, whoever brings it. */
static int
put(struct httpc *http, const uint8_t hash[static SHA256_SIZE],
    struct span body, struct err *e)
{
	char text[EKOP_TEXT_SIZE], url[MAX_URI], why[MAX_NAME_TEXT];
	const struct httpc_request r = {
		.method = "PUT", .url = url, .body = body
	};
	auto_httpc_answer a = HTTPC_ANSWER_INIT;

	ekop_hash_text(hash, text);
	(void)snprintf(url, sizeof(url), "http://%s" EKOP_PATH "%s",
	    ENROLL_EKOP_HOST, text);
	if (httpc_send(http, &r, &a, e) != 0)
		return -1;
	if (a.status == 201 || a.status == 204)
		return 0;
	(void)string_to_text(buf_span(&a.body), why, sizeof(why));
	return err_set(e, E_REJECTED, "HTTP status %u: %s", a.status, why);
}

static int
register_one(struct httpc *http, const char *pem, struct err *e)
{
	auto_buf der = BUF_INIT(MAX_CERT_SIZE), body = BUF_INIT(MAX_EKOP_BODY);
	uint8_t hash[SHA256_SIZE];
	struct cert c;

	if (cert_from_file(SPAN_STR(pem), &der, e) != 0 ||
	    cert_parse(buf_span(&der), &c, e) != 0)
		return -1;
	if (!c.have_pubkey)
		return err_set(e, E_FORMAT, "no key of an EK");
	return ekop_hash(&c.pubkey, hash, e) != 0 ||
		       ekop_encode(hash, buf_span(&der), &body, e) != 0
		   ? -1
		   : put(http, hash, buf_span(&body), e);
}

static int
register_in_child(const void *arg, struct err *e)
{
	const struct job *job = arg;
	const struct httpc_options o = { .connect_to = job->ekop,
		.timeout = TIMEOUT };
	auto_httpc http = NULL;
	const struct ek_template *t;
	size_t n;

	if (httpc_new(&o, &http, e) != 0)
		return -1;
	t = ek_template_all(&n);
	for (size_t i = 0; i < n; i++) {
		const json_t *ek = json_object_get(job->eks, t[i].name);
		const char *pem =
		    json_string_value(json_object_get(ek, "certificate"));

		if (pem != NULL && register_one(http, pem, e) != 0)
			return err_wrap(e, "register %s at EKOP", t[i].title);
	}
	return 0;
}

int
register_check(const char *ekop, struct err *e)
{
	return ekop == NULL ? 0 : httpc_check_address("--ekop", ekop, e);
}

int
register_eks(const char *dir, const char *ekop, struct err *e)
{
	json_auto_t *device = NULL;
	struct job job = { .ekop = ekop };

	if (ekop == NULL)
		return 0;
	if (home_descriptor(dir, &device, e) != 0)
		return -1;
	job.eks = json_object_get(device, "ek");
	if (child_run(register_in_child, &job, e) == 0)
		return 0;
	return err_hint(e,
	    "the device is made: 'odcasim run --state DIR --ekop %s' registers "
	    "it again",
	    ekop);
}
