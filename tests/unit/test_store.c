/* State directories: what is refused, what survives, what swtpm can read. */
#include <fcntl.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>

#include <cmocka.h>

#include "sim/base/file.h"
#include "sim/base/limits.h"
#include "sim/tpm/pair.h"
#include "sim/tpm/store.h"

static char dir[64];
static int dirfd_;

static int
setup(void **state)
{
	(void)snprintf(dir, sizeof(dir), "/tmp/odcasim-test.XXXXXX");
	assert_non_null(mkdtemp(dir));
	dirfd_ = open(dir, O_RDONLY | O_DIRECTORY);
	assert_true(dirfd_ >= 0);
	return 0;
}

static int
teardown(void **state)
{
	static const char *const files[] = { ".lock", STORE_PERMANENT,
		STORE_DESCRIPTOR, PAIR_READY, STORE_FUSES, "NVChip",
		".NVChip.lock", "fwtpm_nv.bin", "tpm2-00.volatilestate",
		"tpm2-00.savestate", STORE_PERMANENT ".new",
		STORE_DESCRIPTOR ".new", PAIR_READY ".new", NULL };

	for (size_t i = 0; files[i] != NULL; i++)
		(void)unlinkat(dirfd_, files[i], 0);
	(void)close(dirfd_);
	return rmdir(dir);
}

static void
put_file(const char *name, const char *hex)
{
	auto_buf b = BUF_INIT(MAX_STATE_FILE);
	struct err e = ERR_INIT;

	assert_int_equal(hex_decode(hex, &b), 0);
	assert_int_equal(
	    file_write(dirfd_, name, buf_span(&b), FILE_NOSYNC, &e), 0);
}

static void
test_round_trip(void **state)
{
	auto_store s = NULL;
	auto_store again = NULL;
	auto_buf b = BUF_INIT(100);
	struct err e = ERR_INIT;
	struct stat st;

	assert_int_equal(store_open_dir(dir, STORE_OWN, &s, &e), 0);
	assert_false(store_has_tpm(s));
	assert_int_equal(store_read(s, "permall", &b, &e), -1);
	assert_int_equal(e.code, E_NOTFOUND);
	assert_int_equal(
	    store_write(s, "permall", SPAN_STR("the state"), &e), 0);
	assert_true(store_has_tpm(s));
	assert_int_equal(fstatat(dirfd_, STORE_PERMANENT, &st, 0), 0);
	assert_int_equal(st.st_mode & 0777, 0600);
	store_free(TAKE(s));
	assert_int_equal(store_open_dir(dir, STORE_OWN, &again, &e), 0);
	assert_int_equal(store_read(again, "permall", &b, &e), 0);
	assert_true(span_eq(buf_span(&b), SPAN_STR("the state")));
	assert_int_equal(store_delete(again, "permall", &e), 0);
	assert_false(store_has_tpm(again));
	assert_int_equal(store_write(again, "nonsense", SPAN_STR(""), &e), -1);
}

static void
test_peek_changes_nothing(void **state)
{
	auto_store owner = NULL;
	auto_store peek = NULL;
	auto_buf b = BUF_INIT(100);
	struct err e = ERR_INIT;

	assert_int_equal(store_open_dir(dir, STORE_OWN, &owner, &e), 0);
	assert_int_equal(store_write(owner, "permall", SPAN_STR("old"), &e), 0);
	assert_int_equal(store_open_dir(dir, STORE_PEEK, &peek, &e), 0);
	assert_int_equal(store_write(peek, "permall", SPAN_STR("new"), &e), 0);
	assert_int_equal(store_read(peek, "permall", &b, &e), 0);
	assert_true(span_eq(buf_span(&b), SPAN_STR("new")));
	assert_int_equal(store_delete(peek, "permall", &e), 0);
	assert_int_equal(store_read(peek, "permall", &b, &e), -1);
	buf_reset(&b);
	assert_int_equal(store_read(owner, "permall", &b, &e), 0);
	assert_true(span_eq(buf_span(&b), SPAN_STR("old")));
}

static void
test_lock(void **state)
{
	auto_store first = NULL;
	auto_store second = NULL;
	struct err e = ERR_INIT;

	assert_int_equal(store_open_dir(dir, STORE_OWN, &first, &e), 0);
	/* Locks belong to open file descriptions: the same process counts. */
	assert_int_equal(store_open_dir(dir, STORE_OWN, &second, &e), -1);
	assert_int_equal(e.code, E_BUSY);
	assert_non_null(strstr(e.msg, "in use"));
	store_free(TAKE(first));
	assert_int_equal(store_open_dir(dir, STORE_OWN, &second, &e), 0);
	store_free(TAKE(second));
	/* Nothing is made where a link leads. */
	assert_int_equal(unlinkat(dirfd_, ".lock", 0), 0);
	assert_int_equal(symlinkat("NVChip", dirfd_, ".lock"), 0);
	assert_int_equal(store_open_dir(dir, STORE_OWN, &second, &e), -1);
	assert_false(file_exists(dirfd_, "NVChip"));
}

static void
test_refused(void **state)
{
	/* clang-format off */
	static const struct {
		const char *what, *file, *hex;
		enum err_code code;
	} rows[] = {
		{ "reference simulator",   "NVChip",		"00",	E_FOREIGN },
		{ "fwtpm_server",	   "fwtpm_nv.bin",	"00",	E_FOREIGN },
		{ "empty state",	   STORE_PERMANENT,	"",	E_SHORT },
		{ "half a header",	   STORE_PERMANENT,	"0201000a00", E_SHORT },
		{ "garbage",		   STORE_PERMANENT,	"ffffffffffffffffffffffff", E_FORMAT },
		{ "cut after the header",  STORE_PERMANENT,	"0201000a000000000020", E_SHORT },
		{ "longer than it says",   STORE_PERMANENT,	"0201000a000000000011000100000001aabb", E_FORMAT },
		{ "TLV beyond the end",	   STORE_PERMANENT,	"0201000a000000000011000100000002aa", E_SHORT },
		{ "TLV of 4 GiB",	   STORE_PERMANENT,	"0201000a0000000000110001ffffffffaa", E_SHORT },
		{ "no state in it",	   STORE_PERMANENT,	"0201000a000000000011000900000001aa", E_FORMAT },
		{ "encrypted",		   STORE_PERMANENT,	"0201000a000100000011000200000001aa", E_STATE },
		{ "migration blob",	   STORE_PERMANENT,	"0201000a000400000011000400000001aa", E_FORMAT },
		{ "future version",	   STORE_PERMANENT,	"0303000a000000000011000100000001aa", E_FORMAT },
		{ "header longer than all", STORE_PERMANENT,	"020100ff000000000011000100000001aa", E_FORMAT },
		{ "descriptor alone",	   STORE_DESCRIPTOR,	"7b7d",	E_FORMAT },
	};
	/* clang-format on */

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		auto_store s = NULL;
		auto_buf before = BUF_INIT(1000);
		auto_buf after = BUF_INIT(1000);
		struct err e = ERR_INIT, ignored = ERR_INIT;

		print_message("  %s\n", rows[i].what);
		put_file(rows[i].file, rows[i].hex);
		assert_int_equal(
		    file_read(dirfd_, rows[i].file, &before, &ignored), 0);
		assert_int_equal(store_open_dir(dir, STORE_OWN, &s, &e), -1);
		assert_int_equal(e.code, rows[i].code);
		assert_non_null(strstr(e.msg, dir));
		assert_int_equal(
		    file_read(dirfd_, rows[i].file, &after, &ignored), 0);
		assert_true(span_eq(buf_span(&before), buf_span(&after)));
		assert_int_equal(unlinkat(dirfd_, rows[i].file, 0), 0);
	}
}

/* --- devices that are put, and killed on the way ---------------------------
 */

/* The state and the descriptor of a store, "" for what is not there. */
static void
assert_device(struct store *s, const char *state, const char *descriptor)
{
	auto_buf b = BUF_INIT(100);
	struct err e = ERR_INIT;

	assert_int_equal(store_has_tpm(s), state[0] != '\0');
	assert_int_equal(store_has_device(s), descriptor[0] != '\0');
	if (state[0] != '\0')
		assert_int_equal(store_read(s, "permall", &b, &e), 0);
	assert_true(span_eq(buf_span(&b), SPAN_STR(state)));
	assert_true(span_eq(store_descriptor(s), SPAN_STR(descriptor)));
}

static void
put_text(const char *name, const char *text)
{
	struct err e = ERR_INIT;

	assert_int_equal(
	    file_write(dirfd_, name, SPAN_STR(text), FILE_NOSYNC, &e), 0);
}

static void
put_state(const char *state)
{
	auto_buf b = BUF_INIT(100);
	struct err e = ERR_INIT;

	assert_int_equal(blob_wrap(NULL, SPAN_STR(state), &b, &e), 0);
	assert_int_equal(
	    file_write(dirfd_, STORE_PERMANENT, buf_span(&b), FILE_NOSYNC, &e),
	    0);
}

/* --- keys -------------------------------------------------------------------
 */

static struct state_key *
key_of(const char *text)
{
	struct state_key *k;

	assert_int_equal(
	    state_key_from_key(SPAN_STR(text), "binary", "aes-cbc", &k, NULL),
	    0);
	return k;
}

/* Opened with a key, or refused for a reason, and as it was then. */
static void
try_key(struct state_key *k, enum err_code want)
{
	const struct store_options o = { .keys = { k, NULL } };
	const enum store_use uses[] = { STORE_OWN, STORE_EXISTING, STORE_PEEK };
	auto_buf before = BUF_INIT(200), after = BUF_INIT(200);

	assert_int_equal(file_read(dirfd_, STORE_PERMANENT, &before, NULL), 0);
	for (size_t i = 0; i < sizeof(uses) / sizeof(*uses); i++) {
		auto_store s = NULL;
		struct err e = ERR_INIT;

		assert_int_equal(store_open_uri(dir, uses[i], &o, &s, &e) == 0,
		    want == E_OK);
		assert_int_equal(e.code, want);
		if (want == E_OK)
			assert_device(s, "secret", "");
	}
	assert_int_equal(file_read(dirfd_, STORE_PERMANENT, &after, NULL), 0);
	assert_true(span_eq(buf_span(&before), buf_span(&after)));
}

static void
test_keys(void **state)
{
	auto_state_key k = key_of("0123456789abcdef");
	auto_state_key other = key_of("0123456789abcdeF");
	const struct store_options o = { .keys = { k, NULL } };
	auto_buf content = BUF_INIT(200);
	auto_store s = NULL;
	struct err e = ERR_INIT;

	assert_int_equal(store_open_uri(dir, STORE_OWN, &o, &s, &e), 0);
	assert_int_equal(store_write(s, "permall", SPAN_STR("secret"), &e), 0);
	store_free(TAKE(s));
	assert_int_equal(file_read(dirfd_, STORE_PERMANENT, &content, &e), 0);
	assert_null(memmem(content.p, content.n, "secret", 6));
	try_key(k, E_OK);
	try_key(other, E_CRYPTO);
	try_key(NULL, E_STATE);
	put_state("secret");
	try_key(NULL, E_OK);
	try_key(k, E_STATE);
}

/* What is wrong with what is replaced is nobody's matter any more. */
static void
test_replace(void **state)
{
	static const char *const files[] = { "", "ffff",
		"0201000a000100000011000200000001aa" };
	struct err e = ERR_INIT;

	for (size_t i = 0; i < sizeof(files) / sizeof(*files); i++) {
		auto_store s = NULL;
		auto_store again = NULL;

		put_file(STORE_PERMANENT, files[i]);
		put_text(STORE_DESCRIPTOR, "{old}");
		assert_int_equal(store_open_dir(dir, STORE_REPLACE, &s, &e), 0);
		assert_device(s, "", "");
		assert_int_equal(
		    store_write(s, "permall", SPAN_STR("new"), &e), 0);
		/* Until it is there, what was there is. */
		assert_int_equal(
		    store_open_dir(dir, STORE_PEEK, &again, &e), -1);
		assert_int_equal(
		    store_install(s, SPAN_STR("fuses"), SPAN_STR("{new}"), &e),
		    0);
		store_free(TAKE(s));
		assert_int_equal(store_open_dir(dir, STORE_OWN, &again, &e), 0);
		assert_device(again, "new", "{new}");
	}
}

static void
test_install(void **state)
{
	auto_store s = NULL;
	auto_store again = NULL;
	auto_buf fuses = BUF_INIT(100);
	struct err e = ERR_INIT;

	assert_int_equal(store_open_dir(dir, STORE_OWN, &s, &e), 0);
	store_keep_in_memory(s);
	assert_int_equal(store_write(s, "permall", SPAN_STR("tpm"), &e), 0);
	assert_false(file_exists(dirfd_, STORE_PERMANENT));
	assert_int_equal(
	    store_install(s, SPAN_STR("fuses"), SPAN_STR("{}"), &e), 0);
	assert_device(s, "tpm", "{}");
	store_free(TAKE(s));
	assert_false(file_exists(dirfd_, PAIR_READY));
	assert_int_equal(store_open_dir(dir, STORE_OWN, &again, &e), 0);
	assert_device(again, "tpm", "{}");
	assert_int_equal(store_fuses(again, &fuses, &e), 0);
	assert_true(span_eq(buf_span(&fuses), SPAN_STR("fuses")));
}

/* Past the store that has it. */
static void
assert_device_on_disk(const char *want)
{
	auto_store peek = NULL;
	struct err e = ERR_INIT;

	assert_int_equal(store_open_dir(dir, STORE_PEEK, &peek, &e), 0);
	assert_device(peek, want, "");
}

static void
test_hold(void **state)
{
	auto_store s = NULL;
	auto_buf out = BUF_INIT(100);
	struct err e = ERR_INIT;

	assert_int_equal(store_open_dir(dir, STORE_OWN, &s, &e), 0);
	assert_int_equal(store_write(s, "permall", SPAN_STR("old"), &e), 0);
	assert_int_equal(store_write(s, "savestate", SPAN_STR("old"), &e), 0);
	store_hold(s);
	assert_int_equal(store_write(s, "permall", SPAN_STR("new"), &e), 0);
	assert_int_equal(store_delete(s, "savestate", &e), 0);
	assert_true(file_exists(dirfd_, "tpm2-00.savestate"));
	assert_int_equal(store_read(s, "permall", &out, &e), 0);
	assert_true(span_eq(buf_span(&out), SPAN_STR("new")));
	assert_device_on_disk("old");
	assert_int_equal(store_release(s, &e), 0);
	assert_false(file_exists(dirfd_, "tpm2-00.savestate"));
	assert_device_on_disk("new");
	assert_int_equal(store_write(s, "permall", SPAN_STR("last"), &e), 0);
	assert_device_on_disk("last");
}

/* What stays in memory does so. */
static void
test_hold_in_memory(void **state)
{
	auto_store s = NULL;
	struct err e = ERR_INIT;

	assert_int_equal(store_open_dir(dir, STORE_OWN, &s, &e), 0);
	store_keep_in_memory(s);
	store_hold(s);
	assert_int_equal(store_write(s, "permall", SPAN_STR("new"), &e), 0);
	assert_int_equal(store_release(s, &e), 0);
	assert_false(file_exists(dirfd_, STORE_PERMANENT));
}

/* As step 1 leaves it for the state "new" and the descriptor "{new}". */
static void
put_ready(void)
{
	auto_buf b = BUF_INIT(100);
	struct err e = ERR_INIT;

	assert_int_equal(blob_wrap(NULL, SPAN_STR("new"), &b, &e), 0);
	assert_int_equal(
	    pair_prepare(dirfd_, buf_span(&b), SPAN_STR("{new}"), &e), 0);
}

/* clang-format off */
static const struct {
	const char *what;
	const char *state, *descriptor, *ready, *rest; /* files; NULL: none */
	const char *want_state, *want_descriptor;
} crashes[] = {
	{ "update: before all",			"old", "{old}", NULL,	NULL,			"old", "{old}" },
	{ "update: in step 1",			"old", "{old}", NULL,	PAIR_READY ".new",	"old", "{old}" },
	{ "update: after step 1",		"old", "{old}", "new",	NULL,			"old", "{old}" },
	{ "update: in step 2",			"old", "{old}", "new",	STORE_PERMANENT ".new",	"old", "{old}" },
	{ "update: after step 2",		"new", "{old}", "new",	NULL,			"new", "{new}" },
	{ "update: in step 3",			"new", "{old}", "new",	STORE_DESCRIPTOR ".new", "new", "{new}" },
	{ "update: after step 3",		"new", "{new}", "new",	NULL,			"new", "{new}" },
	{ "update: after step 4",		"new", "{new}", NULL,	NULL,			"new", "{new}" },
	{ "update: old one was used since",	"mod", "{old}", "new",	NULL,			"mod", "{old}" },
	{ "update: new one was used since",	"mod", "{new}", "new",	NULL,			"mod", "{new}" },
	{ "mint: after step 1",			NULL,  NULL,	"new",	NULL,			"",    "" },
	{ "mint: after step 2",			"new", NULL,	"new",	NULL,			"new", "{new}" },
	{ "mint: swtpm used it since",		"mod", NULL,	"new",	NULL,			"mod", "{new}" },
	{ "void: no digest",			"new", "{old}", "{new}", NULL,			"new", "{old}" },
	{ "void: empty",			"new", "{old}", "",	NULL,			"new", "{old}" },
	{ "void: empty, swtpm's state",		"new", NULL,	"",	NULL,			"new", "" },
};
/* clang-format on */

static void
put_crash(size_t i)
{
	if (crashes[i].state != NULL)
		put_state(crashes[i].state);
	if (crashes[i].descriptor != NULL)
		put_text(STORE_DESCRIPTOR, crashes[i].descriptor);
	if (crashes[i].ready != NULL && strcmp(crashes[i].ready, "new") == 0)
		put_ready();
	else if (crashes[i].ready != NULL)
		put_text(PAIR_READY, crashes[i].ready);
	if (crashes[i].rest != NULL)
		put_text(crashes[i].rest, "half a fi");
}

/* Who peeks sees the device and settles nothing; who owns settles it. */
static void
test_crashes(void **state)
{
	/* clang-format off */
	static const struct {
		enum store_use use;
		bool ready_stays;
	} openers[] = {
		{ STORE_PEEK, true }, { STORE_EXISTING, false },
		{ STORE_PEEK, false }, { STORE_OWN, false },
	};
	/* clang-format on */

	for (size_t i = 0; i < sizeof(crashes) / sizeof(*crashes); i++) {
		print_message("  %s\n", crashes[i].what);
		put_crash(i);
		for (size_t j = 0; j < sizeof(openers) / sizeof(*openers);
		     j++) {
			auto_store s = NULL;
			struct err e = ERR_INIT;

			assert_int_equal(
			    store_open_dir(dir, openers[j].use, &s, &e), 0);
			assert_device(s, crashes[i].want_state,
			    crashes[i].want_descriptor);
			assert_int_equal(file_exists(dirfd_, PAIR_READY),
			    openers[j].ready_stays && crashes[i].ready != NULL);
		}
		assert_int_equal(teardown(NULL), 0);
		assert_int_equal(setup(NULL), 0);
	}
}

static void
open_new(struct store **ret)
{
	struct err e = ERR_INIT;

	assert_int_equal(store_open_dir(dir, STORE_EXISTING, ret, &e), 0);
	store_keep_in_memory(*ret);
	assert_int_equal(store_write(*ret, "permall", SPAN_STR("new"), &e), 0);
}

/* What a TPM that was on has left goes with the state that it is of. */
static void
test_commit(void **state)
{
	auto_store s = NULL;
	struct err e = ERR_INIT;

	put_state("old");
	put_text(STORE_DESCRIPTOR, "{old}");
	put_text("tpm2-00.volatilestate", "of old");
	put_text("tpm2-00.savestate", "of old");
	open_new(&s);
	assert_int_equal(store_commit(s, SPAN_STR("{new}"), &e), 0);
	assert_device(s, "new", "{new}");
	assert_false(file_exists(dirfd_, "tpm2-00.volatilestate"));
	assert_false(file_exists(dirfd_, "tpm2-00.savestate"));
	assert_false(file_exists(dirfd_, PAIR_READY));
}

/* Where a step fails, the device that was there is there still. */
static void
test_commit_fails(void **state)
{
	static const char *const in_the_way[] = { PAIR_READY ".new",
		STORE_PERMANENT ".new" };
	struct err e = ERR_INIT;

	put_state("old");
	put_text(STORE_DESCRIPTOR, "{old}");
	for (size_t i = 0; i < sizeof(in_the_way) / sizeof(*in_the_way); i++) {
		auto_store s = NULL;
		auto_store peek = NULL;

		open_new(&s);
		assert_int_equal(mkdirat(dirfd_, in_the_way[i], 0700), 0);
		assert_int_equal(store_commit(s, SPAN_STR("{new}"), &e), -1);
		assert_non_null(strstr(e.msg, in_the_way[i]));
		assert_int_equal(
		    unlinkat(dirfd_, in_the_way[i], AT_REMOVEDIR), 0);
		assert_false(file_exists(dirfd_, PAIR_READY));
		assert_int_equal(store_open_dir(dir, STORE_PEEK, &peek, &e), 0);
		assert_device(peek, "old", "{old}");
	}
}

/* One device after the other, state and descriptor of the same number. */
static void
commit_forever(void)
{
	struct err e = ERR_INIT;
	struct store *s;
	char text[16];

	if (store_open_dir(dir, STORE_EXISTING, &s, &e) != 0)
		_exit(1);
	store_keep_in_memory(s);
	for (unsigned i = 0;; i++) {
		(void)snprintf(text, sizeof(text), "%u", i);
		if (store_write(s, "permall", SPAN_STR(text), &e) != 0 ||
		    store_commit(s, SPAN_STR(text), &e) != 0)
			_exit(1);
	}
}

static void
test_peek_during_commits(void **state)
{
	pid_t pid;

	put_state("-");
	put_text(STORE_DESCRIPTOR, "-");
	pid = fork();
	if (pid == 0)
		commit_forever();
	for (int i = 0; i < 300; i++) {
		auto_store s = NULL;
		auto_buf b = BUF_INIT(100);
		struct err e = ERR_INIT;

		assert_int_equal(store_open_dir(dir, STORE_PEEK, &s, &e), 0);
		assert_int_equal(store_read(s, "permall", &b, &e), 0);
		assert_true(span_eq(buf_span(&b), store_descriptor(s)));
	}
	assert_int_equal(kill(pid, SIGKILL), 0);
	assert_int_equal(waitpid(pid, NULL, 0), pid);
}

static void
test_single_file(void **state)
{
	auto_store s = NULL;
	auto_store again = NULL;
	auto_buf b = BUF_INIT(100);
	struct err e = ERR_INIT;
	char path[80];

	(void)snprintf(path, sizeof(path), "%s/NVChip", dir);
	assert_int_equal(store_open_file(path, &s, &e), 0);
	assert_false(store_has_tpm(s));
	assert_int_equal(store_write(s, "permall", SPAN_STR("chip"), &e), 0);
	assert_true(file_exists(dirfd_, "NVChip"));
	assert_false(file_exists(dirfd_, STORE_PERMANENT));
	store_free(TAKE(s));
	assert_int_equal(store_open_file(path, &again, &e), 0);
	assert_int_equal(store_read(again, "permall", &b, &e), 0);
	assert_true(span_eq(buf_span(&b), SPAN_STR("chip")));
	store_free(TAKE(again));
	put_file("NVChip", "0011223344556677889900");
	assert_int_equal(store_open_file(path, &again, &e), -1);
	assert_int_equal(e.code, E_FORMAT);
}

static void
test_no_directory(void **state)
{
	auto_store s = NULL;
	struct err e = ERR_INIT;

	assert_int_equal(
	    store_open_dir("/nonexistent/odcasim", STORE_PEEK, &s, &e), -1);
	assert_non_null(strstr(e.hint, "odcasim mint"));
	assert_int_equal(
	    store_open_dir("/nonexistent/odcasim", STORE_OWN, &s, &e), -1);
	assert_int_equal(
	    store_open_dir("/tmp/odcasim-none", STORE_EXISTING, &s, &e), -1);
	assert_non_null(strstr(e.hint, "odcasim mint"));
	assert_int_equal(store_open_dir("/dev/null", STORE_PEEK, &s, &e), -1);
}

int
main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(
		    test_round_trip, setup, teardown),
		cmocka_unit_test_setup_teardown(
		    test_peek_changes_nothing, setup, teardown),
		cmocka_unit_test_setup_teardown(test_lock, setup, teardown),
		cmocka_unit_test_setup_teardown(test_refused, setup, teardown),
		cmocka_unit_test_setup_teardown(test_keys, setup, teardown),
		cmocka_unit_test_setup_teardown(test_replace, setup, teardown),
		cmocka_unit_test_setup_teardown(test_install, setup, teardown),
		cmocka_unit_test_setup_teardown(test_hold, setup, teardown),
		cmocka_unit_test_setup_teardown(
		    test_hold_in_memory, setup, teardown),
		cmocka_unit_test_setup_teardown(test_crashes, setup, teardown),
		cmocka_unit_test_setup_teardown(test_commit, setup, teardown),
		cmocka_unit_test_setup_teardown(
		    test_commit_fails, setup, teardown),
		cmocka_unit_test_setup_teardown(
		    test_peek_during_commits, setup, teardown),
		cmocka_unit_test_setup_teardown(
		    test_single_file, setup, teardown),
		cmocka_unit_test_setup_teardown(
		    test_no_directory, setup, teardown),
	};

	return cmocka_run_group_tests_name("store", tests, NULL, NULL);
}
