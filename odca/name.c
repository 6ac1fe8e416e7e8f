#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "odca/name.h"

/* Text that grows in a fixed place, and stays terminated. */
struct text {
	char *out;
	size_t n, size;
	bool cut;
};

static void
text_add(struct text *t, const char *s)
{
	size_t n = strlen(s);

	if (t->cut || n >= t->size - t->n) {
		t->cut = true;
		return;
	}
	memcpy(t->out + t->n, s, n + 1);
	t->n += n;
}

static void
text_add_string(struct text *t, struct span s)
{
	char one[8];

	for (size_t i = 0; i < s.n; i++) {
		bool plain = s.p[i] >= ' ' && s.p[i] <= '~' && s.p[i] != '\\';

		(void)snprintf(
		    one, sizeof(one), plain ? "%c" : "\\x%02x", s.p[i]);
		text_add(t, one);
	}
}

/* One arc in base 128 (X.690 8.19.2), in the fewest octets. */
static int
oid_arc(struct span *s, uint64_t *ret)
{
	uint64_t v = 0;
	uint8_t octet;

	do {
		if (span_get_u8(s, &octet) || v >> 57 != 0 ||
		    (v == 0 && octet == 0x80))
			return -1;
		v = v << 7 | (octet & 0x7f);
	} while ((octet & 0x80) != 0);
	*ret = v;
	return 0;
}

void
oid_to_text(struct span oid, char *out, size_t size)
{
	struct text t = { .out = out, .size = size };
	char arc[48];
	uint64_t v, first;

	*out = '\0';
	while (oid.n > 0) {
		if (oid_arc(&oid, &v) != 0) {
			t.cut = true;
			break;
		}
		if (t.n == 0) {
			first = v < 80 ? v / 40 : 2;
			(void)snprintf(arc, sizeof(arc), "%" PRIu64 ".%" PRIu64,
			    first, v - first * 40);
		} else {
			(void)snprintf(arc, sizeof(arc), ".%" PRIu64, v);
		}
		text_add(&t, arc);
	}
	/* A part of an OID is another OID: better none. */
	if (t.cut || t.n == 0)
		(void)snprintf(out, size, "?");
}

bool
string_to_text(struct span s, char *out, size_t size)
{
	struct text t = { .out = out, .size = size };

	*out = '\0';
	text_add_string(&t, s);
	return !t.cut;
}

bool
name_next(struct name_iter *it, struct name_attr *ret)
{
	struct der set, attr, oid, value;

	it->same_rdn = it->rdn.n > 0;
	if (!it->same_rdn) {
		if (der_get(&it->rdns, &set) || set.tag != DER_SET)
			return false;
		it->rdn = set.content;
	}
	if (der_get(&it->rdn, &attr) || der_get(&attr.content, &oid) ||
	    der_get(&attr.content, &value))
		return false;
	oid_to_text(oid.content, ret->oid, sizeof(ret->oid));
	ret->value = value.content;
	return true;
}

/* RFC 4514, 3, and serialNumber of X.520; others stay dotted. */
static const struct {
	const char *oid, *name;
} short_names[] = {
	{ "2.5.4.3", "CN" },
	{ "2.5.4.5", "serialNumber" },
	{ "2.5.4.6", "C" },
	{ "2.5.4.7", "L" },
	{ "2.5.4.8", "ST" },
	{ "2.5.4.10", "O" },
	{ "2.5.4.11", "OU" },
};

static const char *
short_name(const char *oid)
{
	for (size_t i = 0; i < sizeof(short_names) / sizeof(*short_names); i++)
		if (strcmp(short_names[i].oid, oid) == 0)
			return short_names[i].name;
	return oid;
}

void
name_to_text(struct span name, char *out, size_t size)
{
	struct text t = { .out = out, .size = size };
	struct name_iter it = { .rdns = der_content(name) };
	struct name_attr attr;

	*out = '\0';
	while (name_next(&it, &attr)) {
		if (t.n > 0)
			text_add(&t, it.same_rdn ? " + " : ", ");
		text_add(&t, short_name(attr.oid));
		text_add(&t, "=");
		text_add_string(&t, attr.value);
	}
}
