#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "odca/key.h"
#include "sim/base/log.h"
#include "sim/base/suggest.h"
#include "sim/base/tpm2.h"
#include "sim/base/trigger.h"
#include "sim/tpm/command_names.h"
#include "sim/tpm/engine.h"
#include "sim/tpm/tpmfault.h"

#define PART2      "TPM 2.0 Part 2, 6.6.3"
#define SEED_BYTES 8

/* clang-format off */
const struct tpmfault tpmfaults[] = {
{ "tpm.retry",          TPMFAULT_ANSWER, RC_RETRY,          0,   PART2,
  "the TPM answers TPM_RC_RETRY, 0x922, and does not run the command" },
{ "tpm.lockout",        TPMFAULT_ANSWER, RC_LOCKOUT,        0,   PART2,
  "the TPM answers TPM_RC_LOCKOUT, 0x921, as in dictionary attack lockout" },
{ "tpm.nv-unavailable", TPMFAULT_ANSWER, RC_NV_UNAVAILABLE, 0,   PART2,
  "the TPM answers TPM_RC_NV_UNAVAILABLE, 0x923" },
{ "tpm.failure",        TPMFAULT_FAIL,   0,                 0,   "TPM 2.0 Part 1, 12.4",
  "a self-test fails before the command: failure mode, until the TPM is reset" },
{ "tpm.slow",           TPMFAULT_SLOW,   0,                 500, "-",
  "the command takes ARG milliseconds longer" },
{ "tpm.split",          TPMFAULT_SPLIT,  0,                 0,   "-",
  "the response is sent an octet at a time" },
{ .name = NULL },
};

static const char *const command_names[] = {
#define NAME(code, name) #name,
	TPM_COMMANDS(NAME, NAME, NAME)
#undef NAME
};
/* clang-format on */

static struct {
	struct {
		const struct tpmfault *fault;
		struct trigger when;
	} armed[MAX_FAULTS];
	size_t n;
	struct dice dice;
} state;

/* --- arming --------------------------------------------------------------- */

static int
unknown(const char *what, const char *word, struct suggest *s, struct err *e)
{
	const char *best = suggest_best(s);

	return err_set(e, E_USAGE, "unknown %s '%s'%s%s%s", what, word,
	    best ? "; did you mean '" : "", best ? best : "", best ? "'?" : "");
}

static const struct tpmfault *
find(const char *name, struct err *e)
{
	AUTO(suggest_done) struct suggest s = { .word = NULL };

	suggest_init(&s, name);
	for (const struct tpmfault *f = tpmfaults; f->name != NULL; f++) {
		if (strcmp(f->name, name) == 0)
			return f;
		suggest_offer(&s, f->name);
	}
	(void)unknown("fault", name, &s, e);
	(void)err_hint(e, "'odcasim faults' lists all, and where each applies");
	return NULL;
}

static int
check_command(const char *name, struct err *e)
{
	AUTO(suggest_done) struct suggest s = { .word = NULL };

	suggest_init(&s, name);
	for (size_t i = 0; i < sizeof(command_names) / sizeof(command_names[0]);
	     i++) {
		if (strcmp(command_names[i], name) == 0)
			return 0;
		suggest_offer(&s, command_names[i]);
	}
	return unknown("command", name, &s, e);
}

static int
arm(const char *text, struct err *e)
{
	const struct tpmfault *f;
	struct trigger t;

	if (trigger_parse(text, &t, e) != 0 || (f = find(t.name, e)) == NULL)
		return -1;
	if (t.on[0] != '\0' && check_command(t.on, e) != 0)
		return err_wrap(e, "fault '%s'", text);
	if (t.has_arg && f->arg == 0)
		return err_set(
		    e, E_USAGE, "fault '%s' takes no argument", f->name);
	if (state.n == MAX_FAULTS)
		return err_set(e, E_LIMIT, "more than %d faults", MAX_FAULTS);
	if (!t.has_arg)
		t.arg = f->arg;
	log_info("fault", "fault=%s armed", text);
	state.armed[state.n].fault = f;
	state.armed[state.n++].when = t;
	return 0;
}

static bool
rolls(void)
{
	for (size_t i = 0; i < state.n; i++)
		if (trigger_rolls(&state.armed[i].when))
			return true;
	return false;
}

/* One that nobody was told cannot be given again. */
static int
seed(const char *text, struct err *e)
{
	auto_buf random = BUF_INIT(SEED_BYTES);
	char hex[2 * SEED_BYTES + 1];

	if (text != NULL) {
		dice_seed(&state.dice, text);
		return 0;
	}
	if (random_bytes(SEED_BYTES, &random) != 0)
		return err_set(e, E_CRYPTO, "random bytes for a seed");
	hex_encode(buf_span(&random), hex);
	dice_seed(&state.dice, hex);
	log_line(rolls() ? LOG_WARN : LOG_INFO, "fault",
	    "--fault-seed %s replays this run", hex);
	return 0;
}

int
tpmfault_arm(const struct opt_list *all, const char *text,
    struct opt_list *ret_others, struct err *e)
{
	struct opt_list others = { .n = 0 };

	for (size_t i = 0; i < all->n; i++) {
		const char *item = all->items[i];

		if (strncmp(item, TPMFAULT_PREFIX, strlen(TPMFAULT_PREFIX)) !=
		    0)
			others.items[others.n++] = item;
		else if (arm(item, e) != 0)
			return -1;
	}
	if (state.n > 0 && seed(text, e) != 0)
		return -1;
	*ret_others = others;
	return 0;
}

void
tpmfault_disarm(void)
{
	state.n = 0;
}

/* --- when ------------------------------------------------------------------
 */

static bool
is_for(const struct trigger *t, struct span command)
{
	uint32_t code;

	if (span_skip(&command, 6) || span_get_u32(&command, &code))
		return false;
	return t->on[0] == '\0' ||
	       strcmp(t->on, engine_command_name(code)) == 0;
}

/* It happens now. */
static bool
happens(size_t i, struct span command)
{
	if (!is_for(&state.armed[i].when, command) ||
	    !trigger_pull(&state.armed[i].when, &state.dice))
		return false;
	log_info("fault", "fault=%s", state.armed[i].fault->name);
	return true;
}

static void
wait_ms(unsigned ms)
{
	struct timespec left = { .tv_sec = ms / 1000,
		.tv_nsec = (long)(ms % 1000) * 1000000 };

	while (nanosleep(&left, &left) != 0 && errno == EINTR)
		;
}

/* A self-test that fails is a real one. */
static void
fail(void)
{
	static const uint8_t self_test[] = { 0x80, 0x01, 0, 0, 0, 11, 0, 0,
		0x01, 0x43, 1 };
	auto_buf rsp = BUF_INIT(MAX_TPM_RESPONSE);

	engine_set_test_failure();
	(void)engine_process(0, SPAN_OF(self_test), &rsp, NULL);
}

bool
tpmfault_answers(struct span command, struct buf *rsp)
{
	for (size_t i = 0; i < state.n && engine_is_on(); i++) {
		const struct tpmfault *f = state.armed[i].fault;

		if (f->kind == TPMFAULT_SPLIT || !happens(i, command))
			continue;
		if (f->kind == TPMFAULT_ANSWER)
			return tpm2_put_rc(rsp, f->rc) == 0;
		if (f->kind == TPMFAULT_SLOW)
			wait_ms(state.armed[i].when.arg);
		else
			fail();
	}
	return false;
}

bool
tpmfault_is_slow(struct span command)
{
	for (size_t i = 0; i < state.n; i++)
		if (state.armed[i].fault->kind != TPMFAULT_ANSWER &&
		    state.armed[i].fault->kind != TPMFAULT_SPLIT &&
		    is_for(&state.armed[i].when, command))
			return true;
	return false;
}

bool
tpmfault_splits(struct span command)
{
	bool any = false;

	for (size_t i = 0; i < state.n; i++)
		if (state.armed[i].fault->kind == TPMFAULT_SPLIT)
			any |= happens(i, command);
	return any;
}
