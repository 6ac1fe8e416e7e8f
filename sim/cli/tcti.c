#include <stdlib.h>
#include <string.h>
#include <tss2/tss2_tpm2_types.h>

#include "sim/base/buf.h"
#include "sim/base/limits.h"
#include "sim/cli/tcti.h"
#include "sim/tpm/engine.h"

#define TCTI_MAGIC   0x6f6463617369006dULL
#define TCTI_VERSION 2

/* tpm2-tss knows the first member, and casts. */
struct tcti_engine {
	TSS2_TCTI_CONTEXT_COMMON_CURRENT common;
	uint8_t locality;
	struct buf rsp;
	bool pending; /* rsp was not received yet */
};

static struct tcti_engine *
from_context(TSS2_TCTI_CONTEXT *tcti)
{
	return (struct tcti_engine *)tcti;
}

static TSS2_RC
transmit(TSS2_TCTI_CONTEXT *tcti, size_t size, const uint8_t *command)
{
	struct tcti_engine *t = from_context(tcti);

	if (t->pending)
		return TSS2_TCTI_RC_BAD_SEQUENCE;
	buf_reset(&t->rsp);
	if (engine_process(t->locality, (struct span){ command, size }, &t->rsp,
		NULL) != 0 ||
	    t->rsp.n == 0)
		return TSS2_TCTI_RC_IO_ERROR;
	t->pending = true;
	return TSS2_RC_SUCCESS;
}

static TSS2_RC
receive(
    TSS2_TCTI_CONTEXT *tcti, size_t *size, uint8_t *response, int32_t timeout)
{
	struct tcti_engine *t = from_context(tcti);
	size_t room = *size;

	if (!t->pending)
		return TSS2_TCTI_RC_BAD_SEQUENCE;
	*size = t->rsp.n;
	if (response == NULL)
		return TSS2_RC_SUCCESS;
	if (room < t->rsp.n)
		return TSS2_TCTI_RC_INSUFFICIENT_BUFFER;
	memcpy(response, t->rsp.p, t->rsp.n);
	t->pending = false;
	return TSS2_RC_SUCCESS;
}

static void
finalize(TSS2_TCTI_CONTEXT *tcti)
{
	buf_free(&from_context(tcti)->rsp);
}

static TSS2_RC
cancel(TSS2_TCTI_CONTEXT *tcti)
{
	return TSS2_TCTI_RC_NOT_IMPLEMENTED;
}

static TSS2_RC
set_locality(TSS2_TCTI_CONTEXT *tcti, uint8_t locality)
{
	from_context(tcti)->locality = locality;
	return TSS2_RC_SUCCESS;
}

int
tcti_engine_open(TSS2_TCTI_CONTEXT **ret, struct err *e)
{
	struct tcti_engine *t = calloc(1, sizeof(*t));

	if (t == NULL)
		return err_set(e, E_NOMEM, "TCTI");
	t->common.v1 = (TSS2_TCTI_CONTEXT_COMMON_V1){
		.magic = TCTI_MAGIC,
		.version = TCTI_VERSION,
		.transmit = transmit,
		.receive = receive,
		.finalize = finalize,
		.cancel = cancel,
		.setLocality = set_locality,
	};
	buf_init(&t->rsp, MAX_TPM_RESPONSE);
	*ret = (TSS2_TCTI_CONTEXT *)t;
	return 0;
}

void
tcti_engine_close(TSS2_TCTI_CONTEXT **tcti)
{
	if (*tcti == NULL)
		return;
	finalize(*tcti);
	free(*tcti);
	*tcti = NULL;
}
