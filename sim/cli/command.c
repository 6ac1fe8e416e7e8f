#include <string.h>

#include "sim/cli/args.h"
#include "sim/cli/swtpm_opts.h"

#define STATUS_PLAIN "0 ok, 1 failed, 2 wrong usage"

/* The first ones are what the bare program name shows. */
#define N_USEFUL 5

/* clang-format off */
const struct command commands[] = {
{ .name = "run", .run = cmd_run,
  .summary = "Serve one device until SIGTERM.",
  .groups = { &opts_home, &opts_device, &opts_ekop, &opts_tpm_faults, &opts_listen,
              &opts_startup, &opts_common },
  .examples = "odcasim run\n"
              "odcasim run --state ./tpm --family adl --seed lab-0421\n"
              "odcasim run --mssim 127.0.0.1:0 --mssim unix:/run/tpm.sock",
  .status = "0 ended by SIGTERM, SIGINT or a client, 1 failed, 2 wrong usage" },
{ .name = "exec", .operands = "-- CMD [ARG ...]", .run = cmd_exec,
  .least = 1, .most = UINT32_MAX, .operands_end_options = true,
  .summary = "Run a command beside a device of its own, ready for every TPM stack.",
  .groups = { &opts_home, &opts_device, &opts_ekop, &opts_tpm_faults, &opts_startup,
              &opts_common },
  .examples = "odcasim exec -- make check\n"
              "odcasim exec --seed lab-0421 -- tpm2_getekcertificate\n"
              "odcasim exec -- sh -c 'openssl x509 -in $ODCASIM_ROOT -noout -subject'",
  .status = "that of CMD; 128+N when signal N ended it, 127 not found, 126 not executable" },
{ .name = "show", .run = cmd_show,
  .summary = "Show a TPM's identity, its NV indices and its certificate chain.",
  .groups = { &opts_source, &opts_show, &opts_common },
  .examples = "odcasim show --state ./tpm\n"
              "odcasim show --tcti device:/dev/tpmrm0\n"
              "odcasim show --state ./tpm --pem > chain.pem\n"
              "odcasim show --state ./tpm --svg chain.svg\n"
              "odcasim show --state ./tpm --dot | dot -Tpdf -o chain.pdf",
  .status = STATUS_PLAIN },
{ .name = "verify", .run = cmd_verify,
  .summary = "Walk each EK certificate's chain to a root and check all of it.",
  .groups = { &opts_source, &opts_verify, &opts_common },
  .examples = "odcasim verify --state ./tpm\n"
              "odcasim verify --tcti device:/dev/tpmrm0 --roots intel-odca.pem\n"
              "odcasim verify --state ./tpm --time 2050-01-01\n"
              "odcasim verify --state ./tpm --report tpm.html",
  .status = "0 accepted, 1 the TPM cannot be read, 2 wrong usage, 3 rejected" },
{ .name = "mint", .run = cmd_mint,
  .summary = "Manufacture a device into --state, and print what it is as JSON.",
  .groups = { &opts_new_home, &opts_device, &opts_ekop, &opts_faults, &opts_common },
  .examples = "odcasim mint --state ./tpm --family adl --seed lab-0421\n"
              "odcasim mint --state ./tpm --family mtl --fault chain.second-index-missing",
  .status = STATUS_PLAIN },
{ .name = "update-firmware", .run = cmd_update_firmware,
  .summary = "Give a device firmware of a greater SVN: new Kernel and PTT CA, EKs reissued.",
  .groups = { &opts_update, &opts_common },
  .examples = "odcasim update-firmware --state ./tpm --svn 2\n"
              "odcasim update-firmware --state ./tpm --svn 3 --pki ./pki",
  .status = STATUS_PLAIN },
{ .name = "faults", .operands = "[NAME]", .run = cmd_faults, .most = 1,
  .summary = "List what can go wrong on purpose, with a device, services or the wire, or explain one.",
  .groups = { &opts_json, &opts_common },
  .examples = "odcasim faults\n"
              "odcasim faults chain.foreign\n"
              "odcasim faults status-503",
  .status = "0 ok, 2 no such fault" },
{ .name = "ca init", .run = cmd_ca_init,
  .summary = "Make a private test hierarchy: root, intermediates, issuing CAs.",
  .groups = { &opts_ca_init, &opts_common },
  .examples = "odcasim ca init --pki ./pki\n"
              "odcasim mint --state ./tpm --pki ./pki\n"
              "odcasim ca init --pki ./pki --add",
  .status = STATUS_PLAIN },
{ .name = "ca export", .run = cmd_ca_export,
  .summary = "Write the certificates of the test hierarchy.",
  .groups = { &opts_ca_export, &opts_common },
  .examples = "odcasim ca export > certs.pem\n"
              "odcasim ca export --out ./certs",
  .status = STATUS_PLAIN },
{ .name = "ca crl", .run = cmd_ca_crl,
  .summary = "Write the revocation lists of the test hierarchy, or renew them.",
  .groups = { &opts_ca_crl, &opts_common },
  .examples = "odcasim ca crl > crls.pem\n"
              "odcasim ca crl --pki ./pki --out ./crls\n"
              "odcasim ca crl --pki ./pki --renew --until 2030-01-31",
  .status = STATUS_PLAIN },
{ .name = "ca revoke", .run = cmd_ca_revoke,
  .summary = "Revoke a device, a firmware, a batch or an intermediate CA.",
  .groups = { &opts_ca_revoke, &opts_common },
  .examples = "odcasim ca revoke --pki ./pki --state ./tpm --reason keyCompromise\n"
              "odcasim ca revoke --pki ./pki --family adl --svn 1\n"
              "odcasim ca revoke --pki ./pki --family tgl --batch 00002004\n"
              "odcasim ca revoke --pki ./pki --ca ODCA_CA2_CSME_Intermediate",
  .status = STATUS_PLAIN },
{ .name = "cloud", .run = cmd_cloud,
  .summary = "Serve what is around a TPM: certificates and CRLs, EKOP, the AIK service.",
  .groups = { &opts_cloud, &opts_common },
  .examples = "odcasim cloud --log info\n"
              "odcasim cloud --listen 127.0.0.1:0 --pki ./pki --state ./cml\n"
              "odcasim cloud --log info --fault status-503,on=PKIOperation,count=2\n"
              "odcasim ca export --out ca\n"
              "curl --cacert ca/root-tls.pem --connect-to ::127.0.0.1:8443 "
              "https://tsci.intel.test/content/OnDieCA/crls/OnDie_CA.crl\n"
              "http_proxy=http://127.0.0.1:8443 curl http://tsci.intel.test/content/OnDieCA/crls/OnDie_CA.crl",
  .status = "0 ended by SIGTERM or SIGINT, 1 failed, 2 wrong usage" },
{ .name = "enroll", .run = cmd_enroll,
  .summary = "Enrol for an AIK certificate as Windows does, and say how each step went.",
  .groups = { &opts_source, &opts_enroll, &opts_common },
  .examples = "odcasim enroll --state ./tpm --connect-to 127.0.0.1:8443\n"
              "odcasim enroll --tcti mssim:port=2321 --connect-to 127.0.0.1:8443 --out aik.pem --context aik.ctx\n"
              "odcasim enroll --state ./tpm --connect-to 127.0.0.1:8443 --client legacy --report why.html\n"
              "odcasim enroll --tcti device:/dev/tpmrm0 --live --json",
  .status = "0 enrolled, 1 it did not come so far, 2 wrong usage, 3 the service refused, or its certificate is wrong" },
{ .name = "reproduce", .operands = "[NAME]", .run = cmd_reproduce, .most = 1,
  .summary = "Make attestation fail in a known way, show where, and say why and what helps.",
  .groups = { &opts_reproduce, &opts_common },
  .examples = "odcasim reproduce --list\n"
              "odcasim reproduce wrong-aik-url    # Tiger Lake, Windows without KB5007253: 404\n"
              "odcasim reproduce fixed-client     # the same with it: the chain in NV is read\n"
              "odcasim reproduce wrong-aik-url --report wrong-aik-url.html\n"
              "odcasim reproduce wrong-aik-url --without-cause\n"
              "odcasim reproduce --all --junit attestation.xml\n"
              "odcasim reproduce --story",
  .status = "0 as expected, 1 not, or it could not be tried, 2 wrong usage" },
{ .name = "tpm_server", .operands = "[PORT]", .run = cmd_tpm_server,
  .most = 1, .single_dash = true,
  .summary = "Take IBM's simulator's command line; the TPM lives in the file NVChip.",
  .groups = { &opts_simulator, &opts_common },
  .examples = "odcasim tpm_server -rm -port 2321",
  .status = STATUS_PLAIN },
{ .name = "tpm2-simulator", .operands = "[PORT]", .run = cmd_tpm2_simulator,
  .most = 1, .single_dash = true,
  .summary = "Take Microsoft's and the TCG's simulator's command line; starts powered off.",
  .groups = { &opts_simulator, &opts_common },
  .examples = "odcasim tpm2-simulator 2321 -m\n"
              "odcasim tpm2-simulator --pick_ports",
  .status = STATUS_PLAIN },
{ .name = "swtpm socket", .run = cmd_swtpm_socket, .getopt = true,
  .summary = "Take swtpm's command line, for QEMU and libvirt; also when called swtpm.",
  .groups = { &opts_swtpm_state, &opts_swtpm_channels, &opts_swtpm_process, &opts_swtpm_print,
              &opts_device, &opts_faults, &opts_swtpm_own, &opts_help },
  .words = swtpm_words,
  .examples = "odcasim swtpm socket --tpm2 --tpmstate dir=./tpm --ctrl type=unixio,path=./tpm.sock\n"
              "odcasim swtpm socket --tpm2 --tpmstate backend-uri=file://./tpm.state --server port=2321 "
              "--ctrl type=tcp,port=2322 --flags startup-clear --family adl",
  .status = "0 ended by SIGTERM, SIGINT or a client, 1 failed" },
{ .name = "swtpm_setup", .run = cmd_swtpm_setup, .getopt = true,
  .summary = "Take swtpm_setup's command line: manufacture for a VM host.",
  .groups = { &opts_setup, &opts_device, &opts_faults, &opts_setup_refused, &opts_help },
  .words = setup_words,
  .examples = "odcasim swtpm_setup --tpm2 --tpm-state ./tpm --create-ek-cert --not-overwrite\n"
              "odcasim swtpm_setup --tpm2 --tpm-state ./tpm --pcr-banks sha256,sha384 --reconfigure\n"
              "odcasim swtpm_setup --create-config-files",
  .status = "0 ok, 1 failed" },
{ .name = "version", .run = cmd_version,
  .summary = "Print the versions of the program and of its libraries.",
  .groups = { &opts_json, &opts_common },
  .status = "0 ok" },
{ .name = "help", .operands = "[COMMAND]", .run = cmd_help, .most = 2,
  .summary = "List the commands, or explain one.",
  .groups = { &opts_common },
  .examples = "odcasim help run",
  .status = "0 ok, 2 no such command" },
{ .name = NULL },
};
/* clang-format on */

/* --- finding -------------------------------------------------------------- */

/* How many of words are the command's name; 0 when they are not. */
static size_t
matches(const struct command *c, char *const words[])
{
	const char *space = strchr(c->name, ' ');
	size_t n = space != NULL ? (size_t)(space - c->name) : strlen(c->name);

	if (strncmp(words[0], c->name, n) != 0 || words[0][n] != '\0')
		return 0;
	if (space == NULL)
		return 1;
	return words[1] != NULL && strcmp(words[1], space + 1) == 0 ? 2 : 0;
}

/* "ca" alone, or with an unknown second word. */
static bool
is_first_word(const struct command *c, const char *word)
{
	size_t n = strlen(word);

	return strncmp(c->name, word, n) == 0 && c->name[n] == ' ';
}

static int
unknown_command(char *const words[], struct err *e)
{
	AUTO(suggest_done) struct suggest first, second;
	bool two = false;
	char meant[64];

	suggest_init(&first, words[0]);
	suggest_init(&second, words[1] != NULL ? words[1] : "");
	for (const struct command *c = commands; c->name != NULL; c++) {
		suggest_offer(&first, c->name);
		if (is_first_word(c, words[0])) {
			suggest_offer(&second, c->name + strlen(words[0]) + 1);
			two = true;
		}
	}
	if (two && words[1] == NULL)
		err_set(e, E_USAGE, "'%s' needs one of %s", words[0],
		    suggest_all(&second));
	else if (two)
		err_set(e, E_USAGE, "unknown command '%s %s': want one of %s%s",
		    words[0], words[1], suggest_all(&second),
		    opt_meant(&second, "", meant));
	else
		err_set(e, E_USAGE, "unknown command '%s'%s", words[0],
		    opt_meant(&first, "", meant));
	return err_hint(e, "'odcasim help' lists the commands");
}

const struct command *
command_find(char *const words[], size_t *ret_words, struct err *e)
{
	for (const struct command *c = commands; c->name != NULL; c++) {
		*ret_words = matches(c, words);
		if (*ret_words > 0)
			return c;
	}
	unknown_command(words, e);
	return NULL;
}

/* --- help ----------------------------------------------------------------- */

static void
print_lines(const char *title, const char *lines, FILE *out)
{
	(void)fprintf(out, "\n%s:\n", title);
	while (*lines != '\0') {
		int n = (int)strcspn(lines, "\n");

		(void)fprintf(out, "  %.*s\n", n, lines);
		lines += n + (lines[n] == '\n');
	}
}

void
command_help(const struct command *c, FILE *out)
{
	(void)fprintf(out, "usage: odcasim %s [options]%s%s\n\n%s\n", c->name,
	    c->operands != NULL ? " " : "",
	    c->operands != NULL ? c->operands : "", c->summary);
	for (size_t i = 0; c->groups[i] != NULL; i++)
		opt_help(c->groups[i], c->single_dash, out);
	for (size_t i = 0; c->words != NULL && c->words[i] != NULL; i++)
		opt_help_words(c->words[i], out);
	if (c->examples != NULL)
		print_lines("examples", c->examples, out);
	print_lines("exit status", c->status, out);
}

static void
print_command(const struct command *c, FILE *out)
{
	(void)fprintf(out, "  odcasim %-15s %s\n", c->name, c->summary);
}

bool
command_help_group(const char *word, FILE *out)
{
	bool any = false;

	for (const struct command *c = commands; c->name != NULL; c++) {
		if (is_first_word(c, word)) {
			print_command(c, out);
			any = true;
		}
	}
	return any;
}

void
command_list(bool all, FILE *out)
{
	size_t n = 0;

	(void)fputs("odcasim: a software TPM 2.0 that clients take for Intel "
		    "PTT. TEST ONLY.\n\n",
	    out);
	for (const struct command *c = commands; c->name != NULL; c++)
		if (all || n++ < N_USEFUL)
			print_command(c, out);
	(void)fputs(all ? "\n'odcasim help COMMAND' explains one.\n"
			: "\n'odcasim help' lists all commands, "
			  "'odcasim help COMMAND' explains one.\n",
	    out);
}

int
cmd_help(const struct args *a, struct err *e)
{
	const struct command *c;
	size_t words;

	if (a->n_operands == 0) {
		command_list(true, stdout);
		return 0;
	}
	if (a->n_operands == 1 && command_help_group(a->operands[0], stdout))
		return 0;
	if ((c = command_find(a->operands, &words, e)) == NULL)
		return -1;
	if (words < a->n_operands)
		return err_set(
		    e, E_USAGE, "unexpected argument '%s'", a->operands[words]);
	command_help(c, stdout);
	return 0;
}
