/* swtpm's command line: what it asks for, or by which words it is refused; and
 * swtpm_setup's file of settings. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "sim/cli/setup_conf.h"
#include "sim/cli/swtpm_opts.h"

#define MAX_WORDS 16

/* What every row but the first ones has, before its own words. */
#define BASE  "--tpm2", "--tpmstate", "dir=/d"
#define REACH BASE, "--ctrl", "type=unixio,path=/c"

/* want: what is asked for beyond "uri=/d", or the message after "!". */
/* clang-format off */
static const struct {
	const char *name;
	const char *argv[MAX_WORDS];
	const char *want;
} rows[] = {
	/* As they are called: libvirt 9 and 11, Proxmox, QEMU by hand, mkosi. */
	{ "libvirt 9", { "--ctrl", "type=unixio,path=/r/vm.sock,mode=0600", "--tpmstate", "dir=/d,mode=0600", "--log", "file=/l", "--terminate", "--tpm2" }, "uri=/d mode=600 ctrl=unix:/r/vm.sock:600 log=/l:1 " },
	{ "libvirt 9 with a secret", { REACH, "--key", "pwdfd=30,mode=aes-256-cbc", "--migration-key", "pwdfd=31,mode=aes-256-cbc" }, "uri=/d ctrl=unix:/c:770 key=pwdfd:30:aes-256-cbc migration=pwdfd:31:aes-256-cbc " },
	{ "libvirt 11", { "--ctrl", "type=unixio,path=/c,mode=0600", "--tpmstate", "backend-uri=file:///f,lock", "--tpm2", "--migration", "release-lock-outgoing,incoming" }, "uri=file:///f lock ctrl=unix:/c:600 incoming release " },
	{ "Proxmox", { "--tpmstate", "backend-uri=file:///f,mode=0600", "--ctrl", "type=unixio,path=/c,mode=0600", "--pid", "file=/p", "--terminate", "--daemon", "--log", "file=/l,level=1,prefix=[id=100]", "--tpm2" }, "uri=file:///f mode=600 ctrl=unix:/c:600 log=/l:1[id=100] pid=/p " },
	{ "swtpm_setup", { "--flags", "not-need-init,startup-clear", "--tpmstate", "backend-uri=dir:///d", "--pid", "file=/p", "--tpm2", "--server", "type=tcp,fd=7", "--ctrl", "type=unixio,clientfd=5" }, "uri=dir:///d ctrl=clientfd:5 server=fd:7 power clear pid=/p " },
	{ "TCP", { BASE, "--server", "type=tcp,port=2321", "--ctrl", "type=tcp,port=2322", "--flags", "startup-clear" }, "uri=/d ctrl=127.0.0.1:2322 server=127.0.0.1:2321 power clear " },

	{ "bindaddr", { BASE, "--server", "port=1,bindaddr=::1" }, "uri=/d server=[::1]:1 " },
	{ "bindaddr of ctrl", { BASE, "--ctrl", "type=tcp,port=1,bindaddr=127.0.0.2" }, "uri=/d ctrl=127.0.0.2:1 " },
	{ "type is tcp", { BASE, "--server", "port=0" }, "uri=/d server=127.0.0.1:0 " },
	{ "disconnect", { BASE, "--server", "port=1,disconnect" }, "uri=/d server=127.0.0.1:1 disconnect " },
	{ "disconnect=false", { BASE, "--server", "port=1,disconnect=false" }, "uri=/d server=127.0.0.1:1 " },
	{ "-p", { BASE, "-p", "2321" }, "uri=/d server=127.0.0.1:2321 disconnect " },
	{ "-p joined with others", { BASE, "-dtp2321" }, "uri=/d server=127.0.0.1:2321 disconnect " },
	{ "-p and --server", { BASE, "-p", "7", "--server", "type=tcp" }, "uri=/d server=127.0.0.1:7 " },
	{ "-f", { BASE, "-f", "9" }, "uri=/d server=fd:9 " },
	{ "a socket's owner", { BASE, "--ctrl", "type=unixio,path=/c,uid=5,gid=6,terminate" }, "uri=/d ctrl=unix:/c:770:5:6 end " },
	{ "an owner by name", { BASE, "--server", "type=unixio,path=/s,mode=0700,uid=root,gid=root" }, "uri=/d server=unix:/s:700:0:0 " },
	{ "a listening fd", { BASE, "--ctrl", "type=unixio,fd=3" }, "uri=/d ctrl=fd:3 " },
	{ "fd of type tcp", { BASE, "--ctrl", "type=tcp,fd=3" }, "uri=/d ctrl=fd:3 " },
	{ "startup-state", { REACH, "--flags", "startup-state" }, "uri=/d ctrl=unix:/c:770 power state " },
	{ "startup-none", { REACH, "--flags", "startup-none" }, "uri=/d ctrl=unix:/c:770 " },
	{ "not-need-init", { REACH, "--flags", "not-need-init,disable-auto-shutdown" }, "uri=/d ctrl=unix:/c:770 power no-shutdown " },
	{ "localities", { REACH, "--locality", "reject-locality-4,allow-set-locality" }, "uri=/d ctrl=unix:/c:770 reject-4 set-locality " },
	{ "fsync", { "--tpm2", "--tpmstate", "dir=/d,fsync,lock=false", "-p", "1" }, "uri=/d unlock fsync server=127.0.0.1:1 disconnect " },
	{ "seccomp", { REACH, "--seccomp", "action=none" }, "uri=/d ctrl=unix:/c:770 seccomp=none " },
	{ "log to a descriptor", { REACH, "--log", "fd=1,level=20" }, "uri=/d ctrl=unix:/c:770 log=fd1:20 " },
	{ "log anew", { REACH, "--log", "file=/l,truncate" }, "uri=/d ctrl=unix:/c:770 log=/l:1 truncate " },
	{ "pid to a descriptor", { REACH, "--pid", "fd=4" }, "uri=/d ctrl=unix:/c:770 pid=fd4 " },
	{ "a key", { REACH, "--key", "file=/k,format=binary,remove" }, "uri=/d ctrl=unix:/c:770 key=file:/k:binary remove " },
	{ "a key's fd", { REACH, "--key", "fd=5" }, "uri=/d ctrl=unix:/c:770 key=fd:5 " },
	{ "a passphrase", { REACH, "--key", "pwdfile=/k,kdf=sha512" }, "uri=/d ctrl=unix:/c:770 key=pwdfile:/k:sha512 " },
	{ "the null profile", { REACH, "--profile", "name=null" }, "uri=/d ctrl=unix:/c:770 " },
	{ "a prefix of an option", { REACH, "--print-st" }, "uri=/d ctrl=unix:/c:770 " },
	{ "states need no channel", { BASE, "--print-states" }, "uri=/d " },
	{ "info needs no state", { "--tpm2", "--print-info", "7" }, "" },

	{ "TPM 1.2", { "--tpmstate", "dir=/d" }, "!TPM 1.2 is not supported" },
	{ "no state", { "--tpm2", "-p", "1" }, "!--tpmstate is missing" },
	{ "no state in the words", { "--tpm2", "-p", "1", "--tpmstate", "mode=0600" }, "!--tpmstate: dir or backend-uri is missing" },
	{ "no channel", { BASE }, "!nobody could reach the TPM" },
	{ "backup", { "--tpm2", "-p", "1", "--tpmstate", "dir=/d,backup" }, "!--tpmstate: backup is not supported" },
	{ "a word that is near", { BASE, "--ctrl", "type=unixio,paht=/c" }, "!--ctrl: unknown option 'paht'; did you mean 'path'?" },
	{ "no word", { BASE, "--ctrl", "type=unixio,,path=/c" }, "!--ctrl: unknown option ''" },
	{ "an empty value", { BASE, "--ctrl", "type=unixio,path=" }, "!--ctrl: option 'path' has an empty value" },
	{ "no value", { BASE, "--ctrl", "type=unixio,path" }, "!--ctrl: option 'path' needs a value: PATH" },
	{ "neither yes nor no", { BASE, "--ctrl", "type=unixio,path=/c,terminate=maybe" }, "!--ctrl: option 'terminate': 'maybe' is none of true|false" },
	{ "a type", { BASE, "--ctrl", "type=udp" }, "!--ctrl: option 'type': 'udp' is none of unixio|tcp" },
	{ "no type", { BASE, "--ctrl", "path=/c" }, "!--ctrl: type is missing: want unixio or tcp" },
	{ "no path", { BASE, "--ctrl", "type=unixio" }, "!--ctrl: path or fd is missing" },
	{ "no port", { BASE, "--ctrl", "type=tcp" }, "!--ctrl: port or fd is missing" },
	{ "a path of tcp", { BASE, "--server", "path=/c" }, "!--server: path is of type=unixio" },
	{ "a port of unixio", { BASE, "--server", "type=unixio,path=/s,port=1" }, "!--server: port is of type=tcp" },
	{ "an address of unixio", { BASE, "--server", "type=unixio,path=/s,bindaddr=::" }, "!--server: bindaddr is of type=tcp" },
	{ "an interface", { BASE, "--ctrl", "type=tcp,port=1,ifname=lo" }, "!--ctrl: ifname is not supported" },
	{ "an interface of the data channel", { BASE, "--server", "port=1,ifname=lo" }, "!--server: ifname is not supported" },
	{ "two descriptors", { BASE, "--ctrl", "type=unixio,fd=3,clientfd=4" }, "!--ctrl: fd and clientfd exclude each other" },
	{ "a port too large", { BASE, "--server", "port=65536" }, "!--server: option 'port' '65536': want a number from 0 to 65535" },
	{ "a mode that is not octal", { BASE, "--ctrl", "type=unixio,path=/c,mode=0888" }, "!--ctrl: option 'mode' '0888': want an octal number from 01 to 0777" },
	{ "a mode too large", { BASE, "--ctrl", "type=unixio,path=/c,mode=01777" }, "!--ctrl: option 'mode' '01777': want an octal number from 01 to 0777" },
	{ "a user", { BASE, "--ctrl", "type=unixio,path=/c,uid=no-such-user" }, "!--ctrl: option 'uid': there is no user 'no-such-user'" },
	{ "a group", { BASE, "--ctrl", "type=unixio,path=/c,gid=no-such-group" }, "!--ctrl: option 'gid': there is no group 'no-such-group'" },
	{ "deactivated", { REACH, "--flags", "startup-deactivated" }, "!--flags: startup-deactivated is not supported" },
	{ "two startups", { REACH, "--flags", "startup-clear,startup-state" }, "!--flags: startup-clear, startup-state and startup-none exclude each other" },
	{ "two keys", { REACH, "--key", "file=/k,pwdfile=/p" }, "!--key: want one of file, fd, pwdfile and pwdfd" },
	{ "no key", { REACH, "--migration-key", "mode=aes-cbc" }, "!--migration-key: want one of file, fd, pwdfile and pwdfd" },
	{ "a kdf of a key", { REACH, "--key", "file=/k,kdf=sha512" }, "!--key: kdf is of pwdfile and pwdfd" },
	{ "a format of a passphrase", { REACH, "--key", "pwdfile=/k,format=hex" }, "!--key: format is of file and fd" },
	{ "two pid files", { REACH, "--pid", "file=/p,fd=3" }, "!--pid: want one of file and fd" },
	{ "two logs", { REACH, "--log", "file=/p,fd=3" }, "!--log: file and fd exclude each other" },
	{ "truncate nothing", { REACH, "--log", "fd=3,truncate" }, "!--log: truncate is of file" },
	{ "an action", { REACH, "--seccomp", "action=trap" }, "!--seccomp: option 'action': 'trap' is none of kill|log|none" },
	{ "pcap", { REACH, "--pcap", "file=/p" }, "!--pcap is not supported" },
	{ "a profile", { REACH, "--profile", "name=default-v1" }, "!--profile is not supported" },
	{ "an unknown option", { REACH, "--vtpm-proxy" }, "!unknown option '--vtpm-proxy'" },
	{ "a prefix of two", { REACH, "--print" }, "!unknown option '--print'" },
	{ "an unknown letter", { REACH, "-dx" }, "!unknown option '-dx'" },
	{ "a standard descriptor", { BASE, "--fd", "2" }, "!option '--fd' '2': want a number from 3 to 65535" },
};
/* clang-format on */

/* --- what is asked for ------------------------------------------------------
 */

static void
print_channel(const char *name, const struct swtpm_channel *c, FILE *out)
{
	char address[MAX_PATH_LENGTH];

	if (c->fd != NOT_GIVEN) {
		(void)fprintf(out, "%s=fd:%u ", name, c->fd);
		return;
	}
	if (c->client_fd != NOT_GIVEN) {
		(void)fprintf(out, "%s=clientfd:%u ", name, c->client_fd);
		return;
	}
	assert_int_equal(swtpm_channel_address(c, address, NULL), 0);
	(void)fprintf(out, "%s=%s", name, address);
	if (c->path != NULL)
		(void)fprintf(out, ":%o", c->mode);
	if (c->uid != NOT_GIVEN)
		(void)fprintf(out, ":%u:%u", c->uid, c->gid);
	(void)fputs(c->terminate ? " end " : " ", out);
	(void)fputs(c->disconnect ? "disconnect " : "", out);
}

static void
print_key(const char *name, const struct swtpm_key *k, FILE *out)
{
	if (k->file != NULL)
		(void)fprintf(out, "%s=file:%s", name, k->file);
	else if (k->fd != NOT_GIVEN)
		(void)fprintf(out, "%s=fd:%u", name, k->fd);
	else if (k->password_file != NULL)
		(void)fprintf(out, "%s=pwdfile:%s", name, k->password_file);
	else if (k->password_fd != NOT_GIVEN)
		(void)fprintf(out, "%s=pwdfd:%u", name, k->password_fd);
	else
		return;
	for (size_t i = 0; i < 3; i++) {
		const char *word = i == 0   ? k->format
				   : i == 1 ? k->kdf
					    : k->mode;

		if (word != NULL)
			(void)fprintf(out, ":%s", word);
	}
	(void)fputs(k->remove ? " remove " : " ", out);
}

static void
print_process(const struct swtpm_request *r, FILE *out)
{
	if (r->log.file != NULL)
		(void)fprintf(out, "log=%s:%u%s ", r->log.file, r->log.level,
		    r->log.prefix != NULL ? r->log.prefix : "");
	if (r->log.fd != NOT_GIVEN)
		(void)fprintf(out, "log=fd%u:%u ", r->log.fd, r->log.level);
	(void)fputs(r->log.truncate ? "truncate " : "", out);
	if (r->pid.file != NULL)
		(void)fprintf(out, "pid=%s ", r->pid.file);
	if (r->pid.fd != NOT_GIVEN)
		(void)fprintf(out, "pid=fd%u ", r->pid.fd);
	if (strcmp(r->seccomp, "kill") != 0)
		(void)fprintf(out, "seccomp=%s ", r->seccomp);
}

static void
print_request(const struct swtpm_request *r, FILE *out)
{
	const struct {
		bool on;
		const char *text;
	} flags[] = {
		{ r->power, "power " },
		{ r->startup == STARTUP_CLEAR, "clear " },
		{ r->startup == STARTUP_STATE, "state " },
		{ r->flags.no_auto_shutdown, "no-shutdown " },
		{ r->locality.reject_4, "reject-4 " },
		{ r->locality.allow_set, "set-locality " },
		{ r->migration.incoming, "incoming " },
		{ r->migration.release_lock_outgoing, "release " },
	};

	if (r->uri != NULL)
		(void)fprintf(out, "uri=%s ", r->uri);
	if (r->state.mode != 0)
		(void)fprintf(out, "mode=%o ", r->state.mode);
	if (r->state.lock != SWITCH_NOT_GIVEN)
		(void)fputs(
		    r->state.lock == SWITCH_ON ? "lock " : "unlock ", out);
	(void)fputs(r->state.fsync ? "fsync " : "", out);
	if (r->has_ctrl)
		print_channel("ctrl", &r->ctrl, out);
	if (r->has_server)
		print_channel("server", &r->server, out);
	print_key("key", &r->key, out);
	print_key("migration", &r->migration_key, out);
	for (size_t i = 0; i < sizeof(flags) / sizeof(*flags); i++)
		(void)fputs(flags[i].on ? flags[i].text : "", out);
	print_process(r, out);
}

/* As main() does it. */
static int
parse(const char *const words[], struct swtpm_request *ret, struct err *e)
{
	static char swtpm[] = "swtpm", socket[] = "socket";
	char *const name[] = { swtpm, socket, NULL };
	char *argv[MAX_WORDS + 1] = { NULL };
	struct args args = { .help = false };
	const struct command *c;
	struct opt_rules rules = { .groups = NULL };
	size_t n;

	memcpy(argv, words, MAX_WORDS * sizeof(*words));
	assert_non_null(c = command_find(name, &n, e));
	rules.groups = c->groups;
	rules.getopt = c->getopt;
	*ret = (struct swtpm_request){ .n_copies = 0 };
	if (opt_parse(&rules, argv, &args, &n, e) != 0)
		return -1;
	assert_int_equal(n, 0);
	return swtpm_request_parse(&args.swtpm, ret, e);
}

static void
test_rows(void **state)
{
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		AUTO(swtpm_request_done) struct swtpm_request r;
		struct err e = ERR_INIT;
		char got[512] = "";
		FILE *out = fmemopen(got, sizeof(got), "w");

		assert_non_null(out);
		if (parse(rows[i].argv, &r, &e) == 0) {
			print_request(&r, out);
		} else {
			assert_int_equal(e.code, E_USAGE);
			(void)fprintf(out, "!%s", e.msg);
		}
		(void)fclose(out);
		if (strcmp(got, rows[i].want) != 0)
			fail_msg("%s: want '%s', have '%s'", rows[i].name,
			    rows[i].want, got);
	}
}

/* Whether a row has the word, with its option before it. */
static bool
is_tested(const char *option, const char *word)
{
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		for (size_t j = 0; rows[i].argv[j] != NULL; j++)
			if (strcmp(rows[i].argv[j], option) == 0 &&
			    strstr(rows[i].argv[j + 1], word) != NULL)
				return true;
	return false;
}

/* A word that is added to the tables needs a row above. Both keys have the same
 * words. */
static void
test_every_word_has_a_row(void **state)
{
	for (size_t i = 0; swtpm_words[i] != NULL; i++) {
		const char *option = swtpm_words[i]->title;
		const struct opt *o = swtpm_words[i]->opts;

		if (strcmp(option, "--migration-key") == 0)
			option = "--key";
		for (; o->name != NULL; o++)
			if (!is_tested(option, o->name))
				fail_msg(
				    "%s: no row has '%s'", option, o->name);
	}
}

/* Where swtpm looks when the command line does not say. */
static void
test_environment(void **state)
{
	const char *const words[MAX_WORDS] = { "--tpm2", "--server",
		"type=tcp" };
	struct swtpm_request r;
	struct err e = ERR_INIT;

	assert_int_equal(setenv("TPM_PATH", "/e", 1), 0);
	assert_int_equal(setenv("TPM_PORT", "99", 1), 0);
	assert_int_equal(parse(words, &r, &e), 0);
	assert_string_equal(r.uri, "/e");
	assert_int_equal(r.server.port, 99);
	swtpm_request_done(&r);
	assert_int_equal(setenv("TPM_PORT", "x", 1), 0);
	assert_int_equal(parse(words, &r, &e), -1);
	assert_non_null(strstr(e.msg, "$TPM_PORT 'x'"));
	swtpm_request_done(&r);
	assert_int_equal(unsetenv("TPM_PATH"), 0);
	assert_int_equal(unsetenv("TPM_PORT"), 0);
}

/* --- settings of a host -----------------------------------------------------
 */

/* clang-format off */
static const struct {
	const char *name, *text;
	const char *want; /* or the message's end after "!" */
} confs[] = {
	{ "nothing", "", "" },
	{ "swtpm's own", "# comment\ncreate_certs_tool= /usr/bin/swtpm_localca\ncreate_certs_tool_config = /etc/x\n", "" },
	{ "banks", "active_pcr_banks = sha256,sha384 # both\n", "banks=sha256,sha384 " },
	{ "no spaces, no newline", "odcasim_family=adl", "family=adl " },
	{ "the first one counts", "odcasim_family = adl\nodcasim_family = mtl\n", "family=adl " },
	{ "all", "odcasim_batch = 00002004\r\nodcasim_svn = 2\nodcasim_seed = s\nodcasim_pki = /p\nodcasim_pki_host = h\n", "batch=00002004 svn=2 seed=s pki=/p host=h " },
	{ "a VM's name", "odcasim_seed = lab-${VMID}!\n", "seed=lab-vm1:42! " },
	{ "a variable", "odcasim_pki = ${ODCASIM_TEST}/pki\n", "pki=/here/pki " },
	{ "faults", "odcasim_fault = a\nodcasim_fault = b\n", "fault=a fault=b " },
	{ "unknown", "odcasim_famly = adl\n", "!line 1: unknown setting 'odcasim_famly'; did you mean 'odcasim_family'?" },
	{ "no value", "\nodcasim_family =\n", "!line 2: 'odcasim_family' has no value" },
	{ "no =", "odcasim_family\n", "!line 1: 'odcasim_family' has no value" },
	{ "no such variable", "odcasim_pki = ${ODCASIM_NONE}\n", "!line 1: no ${ODCASIM_NONE} is set" },
	{ "no end", "odcasim_pki = ${HOME\n", "!line 1: '${' has no '}'" },
	{ "no number", "odcasim_svn = two\n", "!odcasim_svn 'two': want a number from 1 to 99" },
};
/* clang-format on */

static void
print_device(const struct mint_request *d, FILE *out)
{
	const struct {
		const char *name, *value;
	} texts[] = { { "family", d->family }, { "batch", d->batch },
		{ "banks", d->pcr_banks } },
	  more[] = { { "seed", d->seed }, { "pki", d->pki },
		  { "host", d->pki_host } };

	for (size_t i = 0; i < 3; i++)
		if (texts[i].value != NULL)
			(void)fprintf(
			    out, "%s=%s ", texts[i].name, texts[i].value);
	if (d->svn != 0)
		(void)fprintf(out, "svn=%u ", d->svn);
	for (size_t i = 0; i < 3; i++)
		if (more[i].value != NULL)
			(void)fprintf(
			    out, "%s=%s ", more[i].name, more[i].value);
	for (size_t i = 0; i < d->faults.n; i++)
		(void)fprintf(out, "fault=%s ", d->faults.items[i]);
}

static void
write_text(const char *path, const char *text)
{
	FILE *out = fopen(path, "w");

	assert_non_null(out);
	assert_true(fputs(text, out) >= 0);
	assert_int_equal(fclose(out), 0);
}

static void
check_conf(size_t i, const char *path)
{
	AUTO(setup_conf_done) struct setup_conf c;
	struct mint_request d = { .family = NULL };
	struct err e = ERR_INIT;
	char got[512] = "";
	FILE *out = fmemopen(got, sizeof(got), "w");

	assert_non_null(out);
	write_text(path, confs[i].text);
	if (setup_conf_read(path, "vm1:42", &c, &e) == 0) {
		setup_conf_complete(&c, &d);
		print_device(&d, out);
	} else {
		(void)fprintf(out, "!%s", e.msg);
	}
	(void)fclose(out);
	if (confs[i].want[0] == '!' ? strstr(got, confs[i].want + 1) == NULL
				    : strcmp(got, confs[i].want) != 0)
		fail_msg("%s: want '%s', have '%s'", confs[i].name,
		    confs[i].want, got);
}

static void
test_confs(void **state)
{
	char path[] = "/tmp/test-swtpm-opts.XXXXXX";
	int fd = mkstemp(path);

	assert_true(fd >= 0);
	(void)close(fd);
	assert_int_equal(setenv("ODCASIM_TEST", "/here", 1), 0);
	assert_int_equal(unsetenv("ODCASIM_NONE"), 0);
	for (size_t i = 0; i < sizeof(confs) / sizeof(confs[0]); i++)
		check_conf(i, path);
	assert_int_equal(unlink(path), 0);
}

/* The command line goes before the file. */
static void
test_command_line_first(void **state)
{
	const struct setup_conf c = {
		.device = { .family = "adl", .svn = 2, .seed = "file" },
	};
	struct mint_request d = { .family = "mtl", .svn = 3 };

	setup_conf_complete(&c, &d);
	assert_string_equal(d.family, "mtl");
	assert_int_equal(d.svn, 3);
	assert_string_equal(d.seed, "file");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_rows),
		cmocka_unit_test(test_every_word_has_a_row),
		cmocka_unit_test(test_environment),
		cmocka_unit_test(test_confs),
		cmocka_unit_test(test_command_line_first),
	};

	(void)unsetenv("TPM_PATH");
	(void)unsetenv("TPM_PORT");
	return cmocka_run_group_tests(tests, NULL, NULL);
}
