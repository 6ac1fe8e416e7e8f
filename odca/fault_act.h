/*
 * fault_act.h - the verbs that rows of fault_table.c are made of.
 *
 * Each gets the object of its row's hook; the row and the argument say what is
 * special.
 */
#ifndef ODCA_FAULT_ACT_H
#define ODCA_FAULT_ACT_H

#include "odca/fault.h"

#define FAULT_ACTS(X)                                                          \
	/* HOOK_ROW */                                                         \
	X(canonical)     /* no FALSE written out */                            \
	X(expired)       /* arg days ago */                                    \
	X(not_yet_valid) /* in arg days */                                     \
	X(no_aki)                                                              \
	X(wrong_aki)                                                           \
	X(subject) /* not empty */                                             \
	X(no_san)                                                              \
	X(san_not_critical)                                                    \
	X(no_eku)                                                              \
	X(key_usage)    /* of a signing key */                                 \
	X(manufacturer) /* another vendor's */                                 \
	X(tpm_version)  /* not the TPM's */                                    \
	X(long_serial)  /* arg octets */                                       \
	X(negative_serial)                                                     \
	/* HOOK_KEY, HOOK_ISSUER, HOOK_CERT */                                 \
	X(other_key)                                                           \
	X(unknown_issuer)                                                      \
	X(bad_signature)                                                       \
	/* HOOK_CHAIN */                                                       \
	X(leaf_first)                                                          \
	X(no_chain)                                                            \
	X(pad_00) /* arg octets */                                             \
	X(pad_ff)                                                              \
	X(cut) /* arg octets */                                                \
	X(third_only)                                                          \
	X(foreign_chain)                                                       \
	/* HOOK_NV */                                                          \
	X(leave_out)                                                           \
	X(owner_only) /* to be read with owner authorisation only */           \
	/* HOOK_CRL */                                                         \
	X(revoke)

#define X(name)                                                                \
	int act_##name(                                                        \
	    const struct fault *f, void *object, int64_t arg, struct err *e);
FAULT_ACTS(X)
#undef X

#endif
