#include <limits.h>
#include <pthread.h>
#include <string.h>

#include "odca/asn1.h"

#define MAX_TYPE_NAME 64
/* Tag and length of a string below 2^32 octets. */
#define MAX_TL_SIZE 8

/* Compiled from certs/odca.asn and certs/scep.asn. */
extern const asn1_static_node odca_asn1_tab[];
extern const asn1_static_node scep_asn1_tab[];

/* One tree per process, never freed: every structure is made from it. */
static struct module {
	const char *name; /* with its dot */
	const asn1_static_node *table;
	asn1_node tree;
	int rc;
} modules[] = {
	{ "ODCA.", odca_asn1_tab, NULL, ASN1_SUCCESS },
	{ "SCEP.", scep_asn1_tab, NULL, ASN1_SUCCESS },
};

#define N_MODULES (sizeof(modules) / sizeof(*modules))

static void
load_modules(void)
{
	for (struct module *m = modules; m < modules + N_MODULES; m++)
		m->rc = asn1_array2tree(m->table, &m->tree, NULL);
}

/* The first module is that of a type without a name of one. */
static const struct module *
module_of(const char *type)
{
	for (size_t i = 1; i < N_MODULES; i++)
		if (strncmp(type, modules[i].name, strlen(modules[i].name)) ==
		    0)
			return &modules[i];
	return &modules[0];
}

static int
fail(struct err *e, const char *call, const char *what, int rc)
{
	return err_set(e, rc == ASN1_MEM_ALLOC_ERROR ? E_NOMEM : E_ASN1,
	    "%s(\"%s\"): %s", call, what, asn1_strerror(rc));
}

int
asn1_make(const char *type, asn1_node *ret, struct err *e)
{
	static pthread_once_t once = PTHREAD_ONCE_INIT;
	const struct module *m = module_of(type);
	char name[MAX_TYPE_NAME];
	asn1_node node = NULL;
	int rc;

	(void)pthread_once(&once, load_modules);
	if (m->rc != ASN1_SUCCESS)
		return fail(e, "asn1_array2tree", m->name, m->rc);
	(void)snprintf(name, sizeof(name), "%s%s",
	    strncmp(type, m->name, strlen(m->name)) == 0 ? "" : m->name, type);
	rc = asn1_create_element(m->tree, name, &node);
	if (rc != ASN1_SUCCESS)
		return fail(e, "asn1_create_element", name, rc);
	*ret = node;
	return 0;
}

int
asn1_decode(const char *type, struct span der, asn1_node *ret, struct err *e)
{
	char detail[ASN1_MAX_ERROR_DESCRIPTION_SIZE] = "";
	auto_asn1 node = NULL;
	int rc;

	if (der.n > INT_MAX)
		return err_set(e, E_LIMIT, "%s: %zu bytes", type, der.n);
	if (asn1_make(type, &node, e) != 0)
		return -1;
	/* Without ASN1_DECODE_FLAG_ALLOW_PADDING: nothing may follow. */
	rc = asn1_der_decoding(&node, der.p, (int)der.n, detail);
	if (rc != ASN1_SUCCESS)
		return err_set(e,
		    rc == ASN1_MEM_ALLOC_ERROR ? E_NOMEM : E_FORMAT,
		    "%s is not as our ASN.1 says: %s%s%s", type,
		    asn1_strerror(rc), detail[0] != '\0' ? ", " : "", detail);
	*ret = TAKE(node);
	return 0;
}

int
asn1_encode(asn1_node node, const char *path, struct buf *out, struct err *e)
{
	const size_t before = out->n;
	uint8_t *room;
	int n = 0, rc;

	rc = asn1_der_coding(node, path, NULL, &n, NULL);
	if (rc != ASN1_MEM_ERROR && rc != ASN1_SUCCESS)
		return fail(e, "asn1_der_coding", path, rc);
	room = buf_room(out, (size_t)n);
	if (room == NULL)
		return err_set(e, E_LIMIT, "%d bytes of DER do not fit", n);
	rc = asn1_der_coding(node, path, room, &n, NULL);
	if (rc != ASN1_SUCCESS) {
		out->n = before;
		return fail(e, "asn1_der_coding", path, rc);
	}
	/* The first call may have asked for more than the second one used. */
	out->n = before + (size_t)n;
	return 0;
}

static int
write_value(asn1_node node, const char *path, const void *value, size_t n,
    struct err *e)
{
	int rc;

	if (n > INT_MAX / CHAR_BIT)
		return err_set(e, E_LIMIT, "%s: %zu bytes", path, n);
	rc = asn1_write_value(node, path, value, (int)n);
	return rc == ASN1_SUCCESS ? 0 : fail(e, "asn1_write_value", path, rc);
}

int
asn1_put(asn1_node node, const char *path, struct span value, struct err *e)
{
	if (value.p == NULL)
		return asn1_drop(node, path, e);
	if (value.n == 0) /* 0 would mean text to libtasn1 */
		return err_set(e, E_ASN1, "%s: empty value", path);
	return write_value(node, path, value.p, value.n, e);
}

int
asn1_put_text(
    asn1_node node, const char *path, const char *value, struct err *e)
{
	/* Length 0: libtasn1 takes the value as text, whatever the type. */
	return write_value(node, path, value, 0, e);
}

static int
put_string(asn1_node node, const char *path, unsigned type, const char *value,
    struct err *e)
{
	auto_buf tlv = BUF_INIT(SIZE_MAX);
	unsigned char tl[MAX_TL_SIZE];
	unsigned tl_n = sizeof(tl);
	int rc;

	rc = asn1_encode_simple_der(type, (const unsigned char *)value,
	    (unsigned)strlen(value), tl, &tl_n);
	if (rc != ASN1_SUCCESS)
		return fail(e, "asn1_encode_simple_der", path, rc);
	if (buf_put(&tlv, (struct span){ tl, tl_n }) ||
	    buf_put(&tlv, SPAN_STR(value)))
		return err_set(e, E_NOMEM, "%s: out of memory", path);
	return asn1_put(node, path, buf_span(&tlv), e);
}

int
asn1_put_utf8(
    asn1_node node, const char *path, const char *value, struct err *e)
{
	return put_string(node, path, ASN1_ETYPE_UTF8_STRING, value, e);
}

int
asn1_put_printable(
    asn1_node node, const char *path, const char *value, struct err *e)
{
	return put_string(node, path, ASN1_ETYPE_PRINTABLE_STRING, value, e);
}

int
asn1_put_bits(asn1_node node, const char *path, struct span bits, unsigned n,
    struct err *e)
{
	int rc;

	if (n > bits.n * CHAR_BIT || n > INT_MAX)
		return err_set(
		    e, E_ASN1, "%s: %u bits of %zu bytes", path, n, bits.n);
	rc = asn1_write_value(node, path, bits.p, (int)n);
	return rc == ASN1_SUCCESS ? 0 : fail(e, "asn1_write_value", path, rc);
}

int
asn1_put_der(asn1_node node, const char *path, const char *type,
    struct span der, struct err *e)
{
	auto_asn1 value = NULL;
	int rc;

	if (asn1_decode(type, der, &value, e) != 0)
		return -1;
	rc = asn1_copy_node(node, path, value, "");
	return rc == ASN1_SUCCESS ? 0 : fail(e, "asn1_copy_node", path, rc);
}

int
asn1_drop(asn1_node node, const char *path, struct err *e)
{
	return write_value(node, path, NULL, 0, e);
}
