#include <string.h>

#include "sim/aik/cloudfault.h"

#define MAX_SECONDS 3600
#define PKI         "PKIOperation"

/* --- acts of the wire ------------------------------------------------------
 */

/* As an overloaded or broken front answers: no body of the service's. */
static void
act_status(const struct cloudfault *f, unsigned arg, struct http_request *r,
    struct http_response *p)
{
	http_refuse(p, f->status, "%s", f->name);
	if (arg != 0)
		http_add_header(p, "Retry-After", "%u", arg);
}

/* RFC 9110 11.7.1 */
static void
act_proxy_auth(const struct cloudfault *f, unsigned arg, struct http_request *r,
    struct http_response *p)
{
	http_refuse(p, f->status, "%s", f->name);
	http_add_header(p, "Proxy-Authenticate", "Basic realm=\"odcasim\"");
}

/* Something in between has put its own in place of the message. */
static void
act_not_scep(const struct cloudfault *f, unsigned arg, struct http_request *r,
    struct http_response *p)
{
	r->body = SPAN_STR("<html></html>");
	for (size_t i = 0; i < r->n_args; i++)
		if (strcmp(r->args[i].name, "message") == 0)
			r->args[i].value = "PGh0bWw+PC9odG1sPg==";
}

static void
act_cut(const struct cloudfault *f, unsigned arg, struct http_request *r,
    struct http_response *p)
{
	p->sending.how = HTTP_CUT;
	p->sending.cut = arg;
}

static void
act_slow(const struct cloudfault *f, unsigned arg, struct http_request *r,
    struct http_response *p)
{
	p->sending.wait = arg;
}

static void
act_silent(const struct cloudfault *f, unsigned arg, struct http_request *r,
    struct http_response *p)
{
	p->sending.how = HTTP_SILENT;
}

static void
act_reset(const struct cloudfault *f, unsigned arg, struct http_request *r,
    struct http_response *p)
{
	p->sending.how = HTTP_RESET;
}

/* clang-format off */
const struct cloudfault cloudfaults[] = {
/* name              seam                 on    act             status  arg most            where    cite */
{ "status-429",      CLOUD_WIRE,          NULL, act_status,     429,    60, MAX_SECONDS,    "cloud", "RFC 6585 4",
  "too many requests: the answer is 429, with Retry-After of ARG seconds" },
{ "status-500",      CLOUD_WIRE,          NULL, act_status,     500,    0,  0,              "cloud", "RFC 9110 15.6.1",
  "the answer is 500" },
{ "status-503",      CLOUD_WIRE,          NULL, act_status,     503,    60, MAX_SECONDS,    "cloud", "RFC 9110 15.6.4",
  "the answer is 503, with Retry-After of ARG seconds" },
{ "status-504",      CLOUD_WIRE,          NULL, act_status,     504,    0,  0,              "cloud", "RFC 9110 15.6.5",
  "the answer is 504: a gateway has waited in vain" },
{ "proxy-auth",      CLOUD_WIRE,          NULL, act_proxy_auth, 407,    0,  0,              "wire",  "RFC 9110 15.5.8",
  "a proxy asks who you are: the answer, also to CONNECT, is 407" },
{ "truncated-body",  CLOUD_WIRE,          NULL, act_cut,        0,      1,  MAX_FAULT_ARG,  "wire",  "RFC 9112 8",
  "the connection ends ARG octets before the end of the body" },
{ "slow",            CLOUD_WIRE,          NULL, act_slow,       0,      5,  MAX_SECONDS,    "wire",  "-",
  "an answer takes ARG seconds longer" },
{ "black-hole",      CLOUD_WIRE,          NULL, act_silent,     0,      0,  0,              "wire",  "-",
  "the request is taken, and never answered" },
{ "reset",           CLOUD_WIRE,          NULL, act_reset,      0,      0,  0,              "wire",  "RFC 9293 3.5.2",
  "the connection is reset in place of an answer" },
{ "tls-other-root",  CLOUD_TLS_ROOT,      NULL, NULL,           0,      0,  0,              "wire",  "RFC 5280 6.1.3(a)(1)",
  "TLS is intercepted: the certificate is of a root that nobody trusts" },
{ "tls-expired",     CLOUD_TLS_EXPIRED,   NULL, NULL,           0,      1,  MAX_FAULT_ARG,  "cloud", "RFC 5280 6.1.3(a)(2)",
  "the TLS certificate expired ARG days ago" },
{ "not-scep",        CLOUD_WIRE,          PKI,  act_not_scep,   0,      0,  0,              "wire",  "RFC 8894 3",
  "the message of a PKIOperation comes in as something that is not SCEP" },
{ "unregistered",    CLOUD_REGISTRY,      NULL, NULL,           0,      0,  0,              "cloud", "-",
  "no authority of the AIK service exists" },
{ "redirect-ca",     CLOUD_REDIRECT,      NULL, NULL,           0,      0,  0,              "wire",  "-",
  "another authority answers than the one that was asked, which need not exist" },
{ "no-crl",          CLOUD_CRL,           NULL, NULL,           0,      0,  0,              "cloud", "RFC 5280 6.3.3",
  "no revocation list can be had: not by download, and the AIK service judges without" },
{ "deny",            CLOUD_POLICY,        PKI,  NULL,           0,      0,  0,              "cloud", "RFC 8894 3.2.1.3",
  "the service denies a request of the AIK template: pkiStatus 2" },
{ "wrong-aik-key",   CLOUD_AIK_KEY,       PKI,  NULL,           0,      0,  0,              "cloud", "-",
  "the AIK certificate is of another key than the AIK" },
{ "not-chaining",    CLOUD_AIK_SIGNATURE, PKI,  NULL,           0,      0,  0,              "cloud", "RFC 5280 6.1.3(a)(1)",
  "the AIK certificate's signature is not its CA's" },
{ "wrong-challenge", CLOUD_CHALLENGE,     PKI,  NULL,           0,      0,  0,              "cloud", "TPM 2.0 Part 1, 24",
  "the challenge is for another AIK than the one that asked" },
{ "name-not-resolved", CLIENT_RESOLVE,    NULL, NULL,           0,      0,  0,              "wire",  "RFC 6761 6.4",
  "a name that does not resolve is in the place of the service's" },
{ "closed-port",     CLIENT_CONNECT,      NULL, NULL,           0,      0,  0,              "wire",  "RFC 9293 3.5.1",
  "nobody listens where the client connects to" },
{ "no-ek-certificate", CLIENT_EK_INFO,    PKI,  NULL,           0,      0,  0,              "client", "MS-WCCE 2.2.2.7.13",
  "the request has the EK, but not its certificate" },
{ "wrong-secret",    CLIENT_SECRET,       PKI,  NULL,           0,      0,  0,              "client", "MS-WCCE 3.1.1.4.3.4.1.2",
  "the answer to the challenge has another secret than the TPM gave" },
{ .name = NULL },
};
/* clang-format on */
