/*
 * scepkeys.h - keys with certificates, to sign and to be encrypted for, made
 * once a test program; and DER that is taken apart and put together otherwise.
 */
#ifndef TESTS_UNIT_SCEPKEYS_H
#define TESTS_UNIT_SCEPKEYS_H

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "odca/der.h"
#include "sim/aik/scep_cert.h"
#include "sim/base/limits.h"

#define NOW 1767225600 /* 2026-01-01 */

struct owner {
	struct key *key;
	struct buf cert;
};

static inline void
owner_make(struct owner *o, const char *name)
{
	struct err e = ERR_INIT;

	buf_init(&o->cert, MAX_CERT_SIZE);
	if (key_generate(KEY_RSA2048, &o->key, &e) ||
	    scep_cert_make(o->key, name, NOW, &o->cert, &e))
		fail_msg("%s", e.msg);
}

static inline void
owner_free(struct owner *o)
{
	key_free(o->key);
	buf_free(&o->cert);
}

/* 1: put otherwise, or left out; 0: stays as it is. */
typedef int (*der_edit)(struct der d, int depth, struct buf *out);

/* Append in with every element given to edit, from the outside in. */
static inline void
der_rewrite(struct span in, int depth, der_edit edit, struct buf *out)
{
	struct der d;

	while (der_get(&in, &d) == 0) {
		auto_buf inner = BUF_INIT(MAX_CMS_SIZE);

		if (edit(d, depth, out))
			continue;
		if ((d.tag & DER_CONSTRUCTED) == 0) {
			assert_int_equal(buf_put(out, d.tlv), 0);
			continue;
		}
		der_rewrite(d.content, depth + 1, edit, &inner);
		assert_int_equal(der_put(out, d.tag, buf_span(&inner)), 0);
	}
	assert_int_equal(in.n, 0);
}

#endif
