/*
 * args.h - every option of every subcommand: one struct for the values, one
 * group of rows for each heading of the help.
 */
#ifndef SIM_CLI_ARGS_H
#define SIM_CLI_ARGS_H

#include "sim/cli/opt.h"
#include "sim/tpm/mint.h"

/* Options of swtpm and swtpm_setup, as they were given: most are lists of words
 * (swtpm_opts.h). */
struct swtpm_args {
	const char *tpmstate, *ctrl, *server, *flags, *locality, *logging, *pid,
	    *key, *migration_key, *seccomp, *migration, *runas, *chroot,
	    *print_info, *profile, *pcap;
	unsigned port, fd; /* 0: not given */
	bool tpm2, terminate, daemon, version, print_capabilities, print_states,
	    print_profiles;
};

struct setup_args {
	const char *state, *config, *logfile, *keyfile, *pwdfile, *cipher,
	    *vmid, *cert_dir, *config_files, *tpm, *rsa_keysize, *profile,
	    *profile_name;
	const char *swtpm_ioctl,
	    *tcsd_file;                  /* swtpm has no use for them either */
	unsigned keyfile_fd, pwdfile_fd; /* 0: not given */
	bool create_ek, ek_cert, platform_cert, lock_nvram, ecc, decryption,
	    display, overwrite, not_overwrite, reconfigure;
	/* What a PTT has not: refused. */
	bool allow_signing, create_spk, take_ownership, owner_well_known,
	    srk_well_known;
	const char *owner_password, *srk_password, *profile_file,
	    *profile_file_fd, *remove_disabled, *ek1, *ek2, *iak, *idevid;
};

struct args {
	/* all commands */
	bool help;
	const char *log;
	/* DEVICE */
	const char *state; /* NULL: a temporary directory */
	struct mint_request device;
	bool deterministic_rng;
	const char *ekop; /* "HOST:PORT" */
	const char *fault_seed;
	/* LISTEN */
	struct opt_list mssim;
	const char *swtpm_ctrl, *swtpm_data;
	bool allow_remote;
	bool strict_ms;
	unsigned ready_fd;   /* 0: none */
	const char *startup; /* "clear", "none"; NULL: the command's own */
	/* show, verify */
	const char *tcti;
	bool json, pem, dot;
	const char *junit;  /* a file; NULL: none */
	const char *report; /* a file; NULL: no page */
	const char *svg;    /* a file, "-" is stdout */
	const char *roots;
	const char *time;
	const char *crl; /* "require", "if-available", "off" */
	const char *crls;
	const char *client; /* "current", "legacy", "too-far" */
	/* ca */
	const char *out;
	bool add;
	bool renew;
	const char *until;
	struct {
		const char *serial, *ca, *reason;
	} revoke;
	/* cloud */
	struct {
		struct opt_list listen, states, faults;
		const char *seed;
		const char *pid;
		unsigned timeout; /* 0: the default */
	} cloud;
	/* enroll */
	struct {
		const char *connect_to, *proxy, *cacert, *context, *seed;
		struct opt_list faults;
		bool live, http;
		unsigned timeout; /* 0: the default */
	} enroll;
	/* reproduce */
	struct {
		bool list, all, story, without_cause;
		unsigned timeout; /* 0: the default */
	} reproduce;
	/* tpm_server */
	unsigned port; /* 0: 2321 */
	bool remove, manufacture, pick_ports, verbose;
	/* swtpm socket, swtpm_setup */
	struct swtpm_args swtpm;
	struct setup_args setup;

	char **operands; /* NULL at the end */
	size_t n_operands;
};

extern const struct opt_group opts_common, opts_home, opts_new_home,
    opts_device, opts_ekop, opts_faults, opts_tpm_faults, opts_listen,
    opts_startup, opts_source, opts_show, opts_verify, opts_json, opts_update,
    opts_ca_init, opts_ca_export, opts_ca_crl, opts_ca_revoke, opts_cloud,
    opts_enroll, opts_reproduce, opts_simulator, opts_swtpm_state,
    opts_swtpm_channels, opts_swtpm_process, opts_swtpm_print, opts_swtpm_own,
    opts_setup, opts_setup_refused, opts_help;

/* One subcommand. run gives the exit status, or -1 with e set. */
struct command {
	const char *name;     /* one word or two: "ca init" */
	const char *operands; /* "-- CMD ...", for the usage line */
	unsigned least, most; /* operands */
	bool operands_end_options;
	bool single_dash;
	bool getopt;
	/* Lists of words that options take; NULL, or ended by NULL. */
	const struct opt_group *const *words;
	const char *summary;  /* one sentence */
	const char *examples; /* lines */
	const char *status;   /* exit status, one line */
	const struct opt_group *groups[10];
	int (*run)(const struct args *, struct err *);
};

extern const struct command commands[];

int cmd_run(const struct args *a, struct err *e);
int cmd_exec(const struct args *a, struct err *e);
int cmd_mint(const struct args *a, struct err *e);
int cmd_update_firmware(const struct args *a, struct err *e);
int cmd_show(const struct args *a, struct err *e);
int cmd_verify(const struct args *a, struct err *e);
int cmd_ca_init(const struct args *a, struct err *e);
int cmd_ca_export(const struct args *a, struct err *e);
int cmd_ca_crl(const struct args *a, struct err *e);
int cmd_ca_revoke(const struct args *a, struct err *e);
int cmd_cloud(const struct args *a, struct err *e);
int cmd_enroll(const struct args *a, struct err *e);
int cmd_reproduce(const struct args *a, struct err *e);
int cmd_tpm_server(const struct args *a, struct err *e);
int cmd_tpm2_simulator(const struct args *a, struct err *e);
int cmd_swtpm_socket(const struct args *a, struct err *e);
int cmd_swtpm_setup(const struct args *a, struct err *e);
/* What "swtpm --version" prints. */
int swtpm_version(struct err *e);
/* Words that options of a command take. */
extern const struct opt_group *const setup_words[];
int cmd_faults(const struct args *a, struct err *e);
int cmd_version(const struct args *a, struct err *e);
int cmd_help(const struct args *a, struct err *e);

/* The row of a subcommand; *ret_words says how many of words name it. E_USAGE
 * with what was meant. words ends with NULL. */
const struct command *
command_find(char *const words[], size_t *ret_words, struct err *e);
/* All about a command, made from its row. */
void command_help(const struct command *c, FILE *out);
/* The commands that word begins, as "ca" does; false when there are none. */
bool command_help_group(const char *word, FILE *out);
/* The first commands; with all, every one. */
void command_list(bool all, FILE *out);

#endif
