#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>

#include "config.h"
#include "sim/base/file.h"
#include "sim/base/log.h"
#include "sim/base/tpm2.h"
#include "sim/cli/home.h"
#include "sim/cli/process.h"
#include "sim/cli/setup_conf.h"
#include "sim/cli/swtpm_opts.h"
#include "sim/cli/swtpm_state.h"
#include "sim/cli/tcti.h"
#include "sim/aik/tpmread.h"
#include "sim/tpm/engine.h"
#include "sim/tpm/reconfigure.h"
#include "sim/tpm/record.h"

/* In swtpm_setup's order. */
static const char *const features[] = { "tpm-2.0", "cmdarg-keyfile-fd",
	"cmdarg-pwdfile-fd", "tpm12-not-need-root",
	"cmdarg-write-ek-cert-files", "cmdarg-create-config-files",
	"cmdarg-reconfigure-pcr-banks", "tpm2-rsa-keysize-2048", NULL };

struct setup {
	const struct args *args;
	const char *uri;
	FILE *log;
	struct state_key *key;
	struct store_options store;
	struct setup_conf conf;
	struct mint_request device;
	char banks[32]; /* of --pcr-banks - */
};

static void
setup_done(struct setup *s)
{
	if (s->log != NULL && s->log != stdout)
		(void)fclose(s->log);
	state_key_free(s->key);
	setup_conf_done(&s->conf);
}

/* A line for the log file, or for who looks on. */
static void say(const struct setup *s, const char *fmt, ...)
    __attribute__((format(printf, 2, 3)));

static void
say(const struct setup *s, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	(void)vfprintf(s->log, fmt, ap);
	va_end(ap);
	(void)fputc('\n', s->log);
	(void)fflush(s->log);
}

/* --- options ----------------------------------------------------------------
 */

/* What a PTT has not, or this program. */
static int
check_refused(const struct args *all, struct err *e)
{
	const struct setup_args *a = &all->setup;
	const struct {
		const char *option;
		bool given;
		const char *why;
	} rows[] = {
		{ "allow-signing", a->allow_signing,
		    "a PTT's EKs are for decryption only" },
		{ "create-spk", a->create_spk,
		    "a PTT leaves the factory without a storage key; the "
		    "guest makes one" },
		{ "take-ownership", a->take_ownership, "it is of TPM 1.2" },
		{ "ownerpass", a->owner_password != NULL, "it is of TPM 1.2" },
		{ "owner-well-known", a->owner_well_known, "it is of TPM 1.2" },
		{ "srkpass", a->srk_password != NULL, "it is of TPM 1.2" },
		{ "srk-well-known", a->srk_well_known, "it is of TPM 1.2" },
		{ "profile-file", a->profile_file != NULL,
		    "this libtpms has no profiles" },
		{ "profile-file-fd", a->profile_file_fd != NULL,
		    "this libtpms has no profiles" },
		{ "profile-remove-disabled", a->remove_disabled != NULL,
		    "this libtpms has no profiles" },
		{ "print-profiles", all->swtpm.print_profiles,
		    "this libtpms has no profiles" },
		{ "ek1keyalgo", a->ek1 != NULL,
		    "a PTT's EKs are rsa2048, p256 and p384" },
		{ "ek2keyalgo", a->ek2 != NULL,
		    "a PTT's EKs are rsa2048, p256 and p384" },
		{ "iakkeyalgo", a->iak != NULL, "a PTT has no IAK" },
		{ "idevidkeyalgo", a->idevid != NULL, "a PTT has no IDevID" },
		{ "profile-name",
		    a->profile_name != NULL &&
			strcmp(a->profile_name, "null") != 0,
		    "this libtpms has the null profile only" },
		{ "profile", a->profile != NULL,
		    "say --profile-name null, or nothing" },
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		if (!rows[i].given)
			continue;
		err_set(e, E_USAGE, "option '--%s' is not supported",
		    rows[i].option);
		return err_hint(e, "%s", rows[i].why);
	}
	return 0;
}

/* Whether a program, found as a shell finds it, is this one. */
static bool
is_this_program(const char *name)
{
	const char *at = strchr(name, '/') != NULL ? NULL : getenv("PATH");
	struct stat own, st;
	char path[MAX_PATH_LENGTH];

	if (stat("/proc/self/exe", &own) != 0)
		return false;
	if (at == NULL)
		return stat(name, &st) == 0 && st.st_dev == own.st_dev &&
		       st.st_ino == own.st_ino;
	for (; *at != '\0'; at += strcspn(at, ":"), at += *at == ':') {
		(void)snprintf(path, sizeof(path), "%.*s/%s",
		    (int)strcspn(at, ":"), at, name);
		if (access(path, X_OK) == 0)
			return is_this_program(path);
	}
	return false;
}

/* Tests and scripts give "PROGRAM socket"; it makes no difference when that is
 * ours. */
static int
check_tpm_program(const char *command, struct err *e)
{
	char name[MAX_PATH_LENGTH];

	if (command == NULL)
		return 0;
	(void)snprintf(
	    name, sizeof(name), "%.*s", (int)strcspn(command, " "), command);
	if (is_this_program(name))
		return 0;
	err_set(e, E_USAGE,
	    "option '--tpm': '%s' is not this program, which manufactures by "
	    "itself",
	    name);
	return err_hint(
	    e, "leave it out, or use swtpm's own swtpm_setup for another TPM");
}

static int
check_combinations(const struct args *a, struct err *e)
{
	const struct setup_args *s = &a->setup;

	if ((s->keyfile != NULL) + (s->pwdfile != NULL) + (s->keyfile_fd != 0) +
		(s->pwdfile_fd != 0) >
	    1)
		return err_set(e, E_USAGE,
		    "--keyfile, --keyfile-fd, --pwdfile and --pwdfile-fd "
		    "exclude each other");
	/* Without a key it would go unnoticed. */
	if (s->cipher != NULL && state_key_check_mode(s->cipher, e) != 0)
		return err_wrap(e, "option '--cipher'");
	if (s->reconfigure &&
	    (s->create_ek || s->ek_cert || s->platform_cert || s->overwrite))
		return err_set(e, E_USAGE,
		    "--reconfigure makes no keys and no certificates");
	if (s->overwrite && s->not_overwrite)
		return err_set(e, E_USAGE,
		    "--overwrite and --not-overwrite exclude each other");
	if (s->state == NULL) {
		err_set(e, E_USAGE, "--tpm-state must be provided");
		return err_hint(e, "--tpm-state DIR, or file://FILE");
	}
	return 0;
}

static int
check_options(const struct args *a, struct err *e)
{
	return check_refused(a, e) != 0 ||
		       check_tpm_program(a->setup.tpm, e) != 0 ||
		       swtpm_need_tpm2(&a->swtpm, e) != 0 ||
		       check_combinations(a, e) != 0
		   ? -1
		   : 0;
}

/* --- preparation ------------------------------------------------------------
 */

static int
open_log(const struct args *a, FILE **ret, struct err *e)
{
	int fd;

	*ret = stdout;
	if (a->setup.logfile == NULL)
		return 0;
	fd = open(a->setup.logfile,
	    O_WRONLY | O_CREAT | O_APPEND | O_NOFOLLOW | O_CLOEXEC, 0640);
	if (fd < 0)
		return err_errno(e, "open '%s'", a->setup.logfile);
	/* What fails is to be found there, too: who starts a VM looks there. */
	log_set_output(fd, NULL);
	if ((*ret = fdopen(dup(fd), "a")) == NULL)
		return err_errno(e, "open '%s'", a->setup.logfile);
	return 0;
}

static int
read_key(struct setup *s, struct err *e)
{
	const struct setup_args *a = &s->args->setup;
	const struct swtpm_key k = {
		.file = a->keyfile,
		.password_file = a->pwdfile,
		.fd = a->keyfile_fd != 0 ? a->keyfile_fd : NOT_GIVEN,
		.password_fd = a->pwdfile_fd != 0 ? a->pwdfile_fd : NOT_GIVEN,
		.mode = a->cipher,
	};

	if (swtpm_read_key(&k, &s->key, e) != 0)
		return -1;
	s->store.keys.file = s->key;
	if (s->key != NULL)
		say(s, "  The TPM's state is encrypted with a key%s.",
		    k.file == NULL && k.fd == NOT_GIVEN
			? " that follows from a passphrase"
			: "");
	return 0;
}

/* "-" is every bank. */
static void
resolve_banks(struct setup *s)
{
	size_t n = 0;

	if (s->device.pcr_banks == NULL ||
	    strcmp(s->device.pcr_banks, "-") != 0)
		return;
	for (size_t i = 0; pcr_bank_names[i] != NULL; i++)
		n += (size_t)snprintf(s->banks + n, sizeof(s->banks) - n,
		    "%s%s", i > 0 ? "," : "", pcr_bank_names[i]);
	s->device.pcr_banks = s->banks;
}

static int
prepare(struct setup *s, struct err *e)
{
	const struct args *a = s->args;

	s->uri = a->setup.state;
	if (open_log(a, &s->log, e) != 0 ||
	    process_become(a->swtpm.runas, NULL, e) != 0 ||
	    setup_conf_read(a->setup.config, a->setup.vmid, &s->conf, e) != 0)
		return -1;
	s->device = a->device;
	setup_conf_complete(&s->conf, &s->device);
	resolve_banks(s);
	return 0;
}

/* --- after it ---------------------------------------------------------------
 */

/* swtpm_setup's names of the files. */
static const char *
certificate_name(uint32_t index)
{
	switch (index) {
	case 0x01c00002:
		return "rsa2048";
	case 0x01c0000a:
		return "secp256r1";
	case 0x01c00016:
		return "secp384r1";
	default:
		return NULL;
	}
}

static int
write_certificate(const struct setup *s, const struct tpm_nv *nv, struct err *e)
{
	const char *name = certificate_name(nv->index);
	char file[32], path[MAX_PATH_LENGTH];

	if (name == NULL)
		return 0;
	(void)snprintf(file, sizeof(file), "ek-%s.crt", name);
	if (home_path(s->args->setup.cert_dir, file, path, e) != 0 ||
	    file_write_public(AT_FDCWD, path, buf_span(&nv->data), e) != 0)
		return -1;
	say(s, "Wrote the EK certificate %s.", path);
	return 0;
}

static void
close_tcti(TSS2_TCTI_CONTEXT **tcti)
{
	if (*tcti != NULL)
		tcti_engine_close(tcti);
}

/* What is in the TPM's NV, read as its user will. */
static int
write_certificates(const struct setup *s, struct err *e)
{
	const struct serve_options on = { .power = true };
	AUTO(close_tcti) TSS2_TCTI_CONTEXT *tcti = NULL;
	AUTO(tpm_info_done) struct tpm_info info = { .n_nv = 0 };
	struct store *store;
	bool started;

	/* The engine borrows the store for good: the process ends next. */
	if (store_open_uri(s->uri, STORE_PEEK, &s->store, &store, e) != 0 ||
	    serve_power_on(store, &on, e) != 0 ||
	    tcti_engine_open(&tcti, e) != 0 ||
	    tpmread_info(tcti, &info, &started, e) != 0)
		return -1;
	for (size_t i = 0; i < info.n_nv; i++)
		if (write_certificate(s, &info.nv[i], e) != 0)
			return -1;
	return 0;
}

static int
display(const struct setup *s, struct err *e)
{
	json_auto_t *device = NULL;
	auto_store store = NULL;

	if (store_open_uri(s->uri, STORE_PEEK, &s->store, &store, e) != 0 ||
	    record_parse(store, &device, e) != 0)
		return -1;
	return device != NULL ? out_json(device, e) : 0;
}

/* --- the work ---------------------------------------------------------------
 */

static void
say_time(const struct setup *s, const char *what, bool who)
{
	char when[64] = "", account[64];
	time_t now = time(NULL);
	struct tm tm;

	if (localtime_r(&now, &tm) != NULL)
		(void)strftime(
		    when, sizeof(when), "%a %d %h %Y %I:%M:%S %p %Z", &tm);
	process_account(account);
	say(s, "%s%s%s @ %s", what, who ? " as " : "", who ? account : "",
	    when);
}

/* What was asked for, and what a PTT has instead. */
static void
say_what_ptt_has(const struct setup *s)
{
	const struct setup_args *a = &s->args->setup;
	const struct mint_request *r = &s->device;

	if (a->vmid != NULL)
		say(s, "  It is the TPM of %s.", a->vmid);
	say(s,
	    "  It is an Intel PTT (%s), TEST ONLY: its EK certificates and "
	    "their chain are of the TEST hierarchy%s%s.",
	    r->family != NULL ? r->family : "tgl", r->pki != NULL ? " in " : "",
	    r->pki != NULL ? r->pki : "");
	if (a->platform_cert)
		say(s, "  --create-platform-cert: a PTT has no platform "
		       "certificate; none was made.");
	if (a->ecc)
		say(s, "  --ecc: of a storage key, which a PTT does not have "
		       "at first; none was made.");
}

static int
manufacture(struct setup *s, struct err *e)
{
	say_time(s, "Starting vTPM manufacturing", true);
	if (read_key(s, e) != 0)
		return -1;
	s->device.replace = s->args->setup.overwrite;
	if (swtpm_state_mint(s->uri, &s->store, &s->device, e) != 0)
		return -1;
	say_what_ptt_has(s);
	say(s,
	    "Successfully activated PCR banks %s among "
	    "sha1,sha256,sha384,sha512.",
	    s->device.pcr_banks != NULL ? s->device.pcr_banks : "sha256");
	if (s->args->setup.cert_dir != NULL && write_certificates(s, e) != 0)
		return -1;
	say(s, "Successfully authored TPM state.");
	say_time(s, "Ending vTPM manufacturing", false);
	return s->args->setup.display ? display(s, e) : 0;
}

static int
change_banks(struct setup *s, struct err *e)
{
	const struct reconfigure_request r = { s->uri, &s->store,
		s->device.pcr_banks != NULL ? s->device.pcr_banks : "sha256" };

	say_time(s, "Starting vTPM reconfiguration", true);
	if (read_key(s, e) != 0 || reconfigure(&r, e) != 0)
		return -1;
	say(s,
	    "Successfully activated PCR banks %s among "
	    "sha1,sha256,sha384,sha512.",
	    r.pcr_banks);
	say_time(s, "Ending vTPM reconfiguration", false);
	return s->args->setup.display ? display(s, e) : 0;
}

/* The kind of state that is there; NULL: none is. A file that is replaced may
 * be anything. */
static int
find_existing(const struct setup *s, const char **ret, struct err *e)
{
	struct store_found there;

	*ret = NULL;
	if (s->args->setup.overwrite && store_uri_is_file(s->uri))
		return 0;
	if (store_find(s->uri, false, &there, e) != 0)
		return -1;
	for (size_t i = N_STORE_STATES; i-- > 0;)
		if (there.there[i])
			*ret = store_states[i];
	return 0;
}

/* 0: go on; 1: leave it as it is. */
static int
check_existing(const struct setup *s, struct err *e)
{
	const struct setup_args *a = &s->args->setup;
	const char *there;

	if (find_existing(s, &there, e) != 0)
		return -1;
	if (there == NULL || a->overwrite)
		return 0;
	if (a->not_overwrite) {
		say(s, "Not overwriting existing state file.");
		return 1;
	}
	err_set(e, E_STATE, "Found existing TPM state '%s'.", there);
	return err_hint(e, "--overwrite replaces it, --not-overwrite keeps it");
}

static int
set_up(const struct args *a, struct err *e)
{
	AUTO(setup_done) struct setup s = { .args = a };
	int rc;

	if (prepare(&s, e) != 0)
		return -1;
	if (a->setup.reconfigure)
		return change_banks(&s, e);
	rc = check_existing(&s, e);
	if (rc != 0)
		return rc < 0 ? -1 : 0;
	return manufacture(&s, e);
}

/* --- configuration files ----------------------------------------------------
 */

struct config_words {
	bool overwrite, root, skip_if_exist;
};

/* clang-format off */
static const struct opt config_rows[] = {
	{ "overwrite",     0, OPT_FLAG, offsetof(struct config_words, overwrite),     NULL, "replace one that is there", 0, 0 },
	{ "root",          0, OPT_FLAG, offsetof(struct config_words, root),          NULL, "write root's, which stands before the one in /etc", 0, 0 },
	{ "skip-if-exist", 0, OPT_FLAG, offsetof(struct config_words, skip_if_exist), NULL, "keep one that is there", 0, 0 },
	{ .name = NULL },
};
/* clang-format on */
static const struct opt_group config_words = { "--create-config-files",
	config_rows };
const struct opt_group *const setup_words[] = { &config_words, NULL };

static int
check_config(const struct config_words *w, const char *path, struct err *e)
{
	if (w->overwrite && w->skip_if_exist)
		return err_set(e, E_USAGE,
		    "--create-config-files: overwrite and skip-if-exist "
		    "exclude each other");
	if (getuid() == 0 && !w->root) {
		err_set(e, E_USAGE,
		    "--create-config-files: '%s' would stand before the file "
		    "in /etc",
		    path);
		return err_hint(e, "--create-config-files root");
	}
	if (file_exists(AT_FDCWD, path) && !w->overwrite && !w->skip_if_exist) {
		err_set(e, E_STATE, "'%s' is there already", path);
		return err_hint(e, "overwrite replaces it, skip-if-exist keeps "
				   "it");
	}
	return 0;
}

/* The directories above path. */
static int
make_parents(char *path, struct err *e)
{
	for (char *at = path + 1; (at = strchr(at, '/')) != NULL; at++) {
		int rc;

		*at = '\0';
		rc = mkdir(path, 0755);
		if (rc != 0 && errno != EEXIST)
			return err_errno(e, "make directory '%s'", path);
		*at = '/';
	}
	return 0;
}

static int
write_config(char *path, struct err *e)
{
	auto_free char *text = NULL;
	size_t size;
	FILE *out = open_memstream(&text, &size);

	if (out == NULL)
		return err_set(e, E_NOMEM, "write '%s'", path);
	setup_conf_template(out);
	if (fclose(out) != 0)
		return err_set(e, E_NOMEM, "write '%s'", path);
	if (make_parents(path, e) != 0 ||
	    file_write_public(AT_FDCWD, path, SPAN_STR(text), e) != 0)
		return -1;
	(void)printf("Writing %s.\n", path);
	return 0;
}

static int
create_config_files(const char *text, struct err *e)
{
	struct config_words w = { .root = false };
	char path[MAX_PATH_LENGTH];
	auto_free char *copy = NULL;

	if ((text[0] != '\0' &&
		opt_parse_words(&config_words, text, &w, &copy, e) != 0) ||
	    setup_conf_user_path(path, e) != 0 ||
	    check_config(&w, path, e) != 0)
		return -1;
	if (file_exists(AT_FDCWD, path) && w.skip_if_exist)
		return 0;
	return write_config(path, e);
}

/* --- the command ------------------------------------------------------------
 */

int
cmd_swtpm_setup(const struct args *a, struct err *e)
{
	if (a->swtpm.version) {
		(void)printf(
		    "TPM emulator setup tool version " SWTPM_LEVEL "\n");
		return 0;
	}
	if (a->setup.config_files != NULL)
		return create_config_files(a->setup.config_files, e);
	if (a->swtpm.print_capabilities)
		return check_tpm_program(a->setup.tpm, e) != 0
			   ? -1
			   : swtpm_print_features("swtpm_setup", features, e);
	if (a->setup.swtpm_ioctl != NULL)
		log_warn("swtpm_setup", "--swtpm_ioctl is deprecated and has "
					"no effect");
	if (a->setup.tcsd_file != NULL)
		log_warn("swtpm_setup", "--tcsd-system-ps-file is deprecated "
					"and has no effect");
	return check_options(a, e) != 0 ? -1 : set_up(a, e);
}
