#include "sim/base/limits.h"
#include "sim/cli/args.h"

#define AT(member) offsetof(struct args, member)
#define FAULT_ARG  "NAME[=ARG][,on=OPERATION][,prob=P%][,after=N][,count=N]"
#define JUNIT_HELP                                                             \
	"write the results there, too, as JUnit's XML, which CI systems read"
#define REPORT_HELP                                                            \
	"write it as a page, too: one HTML file without a script, for light "  \
	"and dark, phone and paper"
#define END                                                                    \
	{                                                                      \
		.name = NULL                                                   \
	}

/* clang-format off */
static const struct opt common[] = {
	{ "log",  0,   OPT_CHOICE, AT(log),  "error|warn|info|debug", "how much to say on stderr (default: warn)", 0, 0 },
	{ "help", 'h', OPT_FLAG,   AT(help), NULL, "this text", 0, 0 },
	END
};
static const struct opt home[] = {
	{ "state", 0, OPT_STRING, AT(state), "DIR", "where the device lives; it is made when there is none (default: a temporary directory, gone at exit)", 0, 0 },
	END
};
static const struct opt new_home[] = {
	{ "state", 0, OPT_STRING, AT(state), "DIR", "where to make the device; there must be none yet", 0, 0 },
	END
};
static const struct opt device[] = {
	{ "family",            0, OPT_STRING, AT(device.family),     "NAME",   "platform: tgl (default), mcc, ebg, adl, rpl, mtl, lnl, ptl; before the on-die CA spt, glk, cnl, icl, cml, jsl", 0, 0 },
	{ "seed",              0, OPT_STRING, AT(device.seed),       "STRING", "the same string gives the same device, to the byte, on every machine (default: random fuses)", 0, 0 },
	{ "svn",               0, OPT_NUMBER, AT(device.svn),        "N",      "security version of the firmware (default: 1)", 1, MAX_SVN },
	{ "batch",             0, OPT_STRING, AT(device.batch),      "NUMBER", "fuse batch, which picks the issuing CA: 00002004, E_00003044, 00003648_NZ, DEBUG000 ...; of the EPID era its group (default: the family's production batch)", 0, 0 },
	{ "pcr-banks",         0, OPT_STRING, AT(device.pcr_banks),  "LIST",   "allocated PCR banks (default: sha256, as on PTT)", 0, 0 },
	{ "pki",               0, OPT_STRING, AT(device.pki),        "DIR",    "hierarchy that 'odcasim ca init' made (default: the built-in TEST one)", 0, 0 },
	{ "pki-host",          0, OPT_STRING, AT(device.pki_host),   "NAME",   "host in the URLs of the certificates", 0, 0 },
	{ "deterministic-rng", 0, OPT_FLAG,   AT(deterministic_rng), NULL,     "random numbers from --seed too, for reproducible runs", 0, 0 },
	END
};
static const struct opt ekop[] = {
	{ "ekop", 0, OPT_STRING, AT(ekop), "HOST:PORT", "register the EK certificates of a device of the EPID era there, at 'odcasim cloud'; others have theirs in NV", 0, 0 },
	END
};
static const struct opt faults[] = {
	{ "fault", 0, OPT_LIST, AT(device.faults), "NAME[=ARG]", "make the device deviate from silicon, on purpose; 'odcasim faults' lists how; may be repeated", 0, 0 },
	END
};
static const struct opt tpm_faults[] = {
	{ "fault",      0, OPT_LIST,   AT(device.faults), "NAME[=ARG][,on=COMMAND][,prob=P%][,after=N][,count=N]", "make the device deviate from silicon, or the TPM fail (tpm.NAME, of which on=, prob=, after= and count= say when), on purpose; 'odcasim faults' lists how; may be repeated", 0, 0 },
	{ "fault-seed", 0, OPT_STRING, AT(fault_seed),    "STRING", "of the dice for prob: the same string, and the same commands, give the same faults (default: random, the log says it)", 0, 0 },
	END
};
static const struct opt listening[] = {
	{ "mssim",        0, OPT_LIST,   AT(mssim),        "ADDR:PORT|unix:PATH", "listen for the simulators' protocol, the platform port being PORT+1 or PATH.ctrl; port 0 finds a free pair; may be repeated (default: 127.0.0.1:2321)", 0, 0 },
	{ "swtpm-ctrl",   0, OPT_STRING, AT(swtpm_ctrl),   "ADDR:PORT|unix:PATH", "listen for swtpm's control channel, as QEMU's -tpmdev emulator has it; port 0 finds a free one", 0, 0 },
	{ "swtpm-data",   0, OPT_STRING, AT(swtpm_data),   "ADDR:PORT|unix:PATH", "listen for swtpm's data channel: TPM commands without a frame; with one of these two alone there is no mssim port", 0, 0 },
	{ "allow-remote", 0, OPT_FLAG,   AT(allow_remote), NULL,                  "listen on an address that is not loopback: everybody there controls the TPM", 0, 0 },
	{ "ready-fd",     0, OPT_NUMBER, AT(ready_fd),     "N",                   "write the ready line to this descriptor too", 1, 65535 },
	{ "strict-ms",    0, OPT_FLAG,   AT(strict_ms),    NULL,                  "start powered off, as the Microsoft simulator does", 0, 0 },
	END
};
static const struct opt startup[] = {
	{ "startup", 0, OPT_CHOICE, AT(startup), "clear|none", "whether TPM2_Startup(CLEAR) was done, as firmware does it (default: none for run, clear for exec)", 0, 0 },
	END
};
static const struct opt source[] = {
	{ "state", 0, OPT_STRING, AT(state), "DIR",  "a device in a directory, which may be served meanwhile; nothing in it changes", 0, 0 },
	{ "tcti",  0, OPT_STRING, AT(tcti),  "CONF", "any TPM that tpm2-tss reaches: mssim:host=127.0.0.1,port=2321, device:/dev/tpmrm0 ... (default: $TPM2TOOLS_TCTI or $TSS2_TCTI)", 0, 0 },
	{ "pki",   0, OPT_STRING, AT(device.pki), "DIR", "hierarchy above the device (default: the built-in TEST one)", 0, 0 },
	END
};
static const struct opt show[] = {
	{ "json", 0, OPT_FLAG, AT(json), NULL, "one JSON object instead of text", 0, 0 },
	{ "pem",  0, OPT_FLAG, AT(pem),  NULL, "only the certificates: EKs, PTT, Kernel, ROM, then the hierarchy", 0, 0 },
	{ "dot",  0, OPT_FLAG, AT(dot),  NULL, "the chain as a graph in Graphviz' language", 0, 0 },
	{ "svg",  0, OPT_STRING, AT(svg), "FILE", "write the chain as a picture there, besides the text; '-' is stdout, without it", 0, 0 },
	{ "client", 0, OPT_CHOICE, AT(client), "current|legacy|too-far", "whose URL of the AIK service: a client that walks up to the topmost certificate in the TPM (default), Windows before November 2021, which knew only the EK's, or one that walks a certificate too far", 0, 0 },
	END
};
static const struct opt verify[] = {
	{ "json",  0, OPT_FLAG,   AT(json),  NULL,   "one JSON object with every check, instead of text", 0, 0 },
	{ "junit", 0, OPT_STRING, AT(junit), "FILE", JUNIT_HELP, 0, 0 },
	{ "report", 0, OPT_STRING, AT(report), "FILE", REPORT_HELP, 0, 0 },
	{ "roots", 0, OPT_STRING, AT(roots), "FILE", "certificates, PEM or DER: self-signed ones are trusted in place of the TEST root, others complete the chain", 0, 0 },
	{ "crl",   0, OPT_CHOICE, AT(crl),   "require|if-available|off", "revocation lists: require one for each certificate, use those that are there, or look at none; a stale one rejects (default: if-available)", 0, 0 },
	{ "crls",  0, OPT_STRING, AT(crls),  "FILE", "revocation lists, PEM or DER, beside those of the hierarchy", 0, 0 },
	{ "time",  0, OPT_STRING, AT(time),  "WHEN", "verify as of then: 2030-01-31, 2030-01-31T12:00:00Z or seconds since 1970 (default: now)", 0, 0 },
	END
};
static const struct opt json[] = {
	{ "json", 0, OPT_FLAG, AT(json), NULL, "one JSON object instead of text", 0, 0 },
	END
};
static const struct opt update[] = {
	{ "state", 0, OPT_STRING, AT(state),      "DIR", "the device, which must not be in use", 0, 0 },
	{ "svn",   0, OPT_NUMBER, AT(device.svn), "N",   "security version of the new firmware, greater than the device's", 1, MAX_SVN },
	{ "pki",   0, OPT_STRING, AT(device.pki), "DIR", "hierarchy that the device was minted under (default: the built-in TEST one)", 0, 0 },
	END
};
static const struct opt ca_init[] = {
	{ "pki",      0, OPT_STRING, AT(device.pki),      "DIR",  "where to make it; without --add it must not exist, or be empty", 0, 0 },
	{ "pki-host", 0, OPT_STRING, AT(device.pki_host), "NAME", "host in the URLs (default: tsci.intel.test)", 0, 0 },
	{ "add",      0, OPT_FLAG,   AT(add),             NULL,   "add to the hierarchy in DIR the CAs that it lacks, as one of an older version does", 0, 0 },
	END
};
static const struct opt ca_export[] = {
	{ "pki", 0, OPT_STRING, AT(device.pki), "DIR", "hierarchy that 'odcasim ca init' made (default: the built-in TEST one)", 0, 0 },
	{ "out", 0, OPT_STRING, AT(out),        "DIR", "write one DER file a certificate there, and the roots as root.pem, root-epid.pem, root-aik.pem and root-tls.pem (default: PEM on stdout, without the last two)", 0, 0 },
	END
};
static const struct opt ca_crl[] = {
	{ "pki",   0, OPT_STRING, AT(device.pki), "DIR",  "hierarchy that 'odcasim ca init' made (default: the built-in TEST one)", 0, 0 },
	{ "out",   0, OPT_STRING, AT(out),        "DIR",  "write one DER file a list there (default: PEM on stdout)", 0, 0 },
	{ "json",  0, OPT_FLAG,   AT(json),       NULL,   "what the lists say, as one JSON object", 0, 0 },
	{ "renew", 0, OPT_FLAG,   AT(renew),      NULL,   "sign all lists in --pki anew first, as of now and with the next number", 0, 0 },
	{ "until", 0, OPT_STRING, AT(until),      "WHEN", "with --renew: nextUpdate; 2030-01-31, 2030-01-31T12:00:00Z or seconds since 1970 (default: the end of 2049, as on silicon)", 0, 0 },
	END
};
static const struct opt ca_revoke[] = {
	{ "pki",         0, OPT_STRING, AT(device.pki),         "DIR",    "hierarchy that 'odcasim ca init' made", 0, 0 },
	{ "state",       0, OPT_STRING, AT(state),              "DIR",    "the device that is there: its ROM CA; of the EPID era its EKs", 0, 0 },
	{ "serial",      0, OPT_STRING, AT(revoke.serial),      "HEX",    "a device by its ROM CA's serial number, chain.rom_serial of 'mint'; with --family, and --batch unless it is the default one; no record of devices is kept, so only its form is checked", 0, 0 },
	{ "svn",         0, OPT_NUMBER, AT(device.svn),         "N",      "a firmware: the Kernel and PTT CAs of security version N on all devices that have the names of --family and --batch (Raptor Lake has Alder Lake's)", 1, MAX_SVN },
	{ "ca",          0, OPT_STRING, AT(revoke.ca),          "NAME",   "a CA by its file's name: TGL_00002004_OnDie_CA is a batch, ODCA_CA2_CSME_Intermediate a generation", 0, 0 },
	{ "family",      0, OPT_STRING, AT(device.family),      "NAME",   "platform of --serial and --svn", 0, 0 },
	{ "batch",       0, OPT_STRING, AT(device.batch),       "NUMBER", "with --family: its fuse batch; alone with it: revoke that batch", 0, 0 },
	{ "reason",      0, OPT_CHOICE, AT(revoke.reason),      "keyCompromise|cACompromise|superseded|cessationOfOperation", "why (default: the entry does not say)", 0, 0 },
	END
};
static const struct opt cloud[] = {
	{ "listen",       0, OPT_LIST,   AT(cloud.listen),   "ADDR:PORT", "where to serve, TLS and plain HTTP alike; port 0 finds a free one; may be repeated (default: 127.0.0.1:8443)", 0, 0 },
	{ "pki",          0, OPT_STRING, AT(device.pki),     "DIR",       "hierarchy whose certificates and lists are served, as they are at each request (default: the built-in TEST one)", 0, 0 },
	{ "state",        0, OPT_LIST,   AT(cloud.states),   "DIR",       "a device of the EPID era, whose EK certificates EKOP gives; it may be minted later; may be repeated", 0, 0 },
	{ "timeout",      0, OPT_NUMBER, AT(cloud.timeout),  "SECONDS",   "how long a connection may take for a request and its answer (default: 30)", 1, 3600 },
	{ "fault",        0, OPT_LIST,   AT(cloud.faults),   FAULT_ARG,   "go wrong on purpose: 'odcasim faults' lists how; on=OPERATION of SCEP only, in P% of the cases, not the first N times, at most N times; may be repeated", 0, 0 },
	{ "seed",         0, OPT_STRING, AT(cloud.seed),     "STRING",    "of the dice for prob: the same string, and the same requests, give the same faults (default: random, the log says it)", 0, 0 },
	{ "allow-remote", 0, OPT_FLAG,   AT(allow_remote),   NULL,        "serve on an address that is not loopback: everybody there can have certificates of the TEST hierarchy", 0, 0 },
	{ "ready-fd",     0, OPT_NUMBER, AT(ready_fd),       "N",         "write the ready line to this descriptor too", 1, 65535 },
	{ "pid",          0, OPT_STRING, AT(cloud.pid),      "FILE",      "write the process id there; it is removed at the end", 0, 0 },
	END
};
static const struct opt enroll[] = {
	{ "connect-to", 0, OPT_STRING, AT(enroll.connect_to), "HOST:PORT", "where every name is: 'odcasim cloud', or another service; TLS is checked against the hierarchy's TLS root", 0, 0 },
	{ "proxy",      0, OPT_STRING, AT(enroll.proxy),      "HOST:PORT", "an HTTP proxy that every request goes by, with CONNECT for TLS; in place of --connect-to, or with --live", 0, 0 },
	{ "live",       0, OPT_FLAG,   AT(enroll.live),       NULL,        "ask the real services, where DNS says they are", 0, 0 },
	{ "http",       0, OPT_FLAG,   AT(enroll.http),       NULL,        "plain HTTP instead of TLS", 0, 0 },
	{ "cacert",     0, OPT_STRING, AT(enroll.cacert),     "FILE",      "PEM: trust these for TLS (default: the hierarchy's TLS root; with --live what this machine trusts)", 0, 0 },
	{ "fault",      0, OPT_LIST,   AT(enroll.faults),     FAULT_ARG,   "go wrong on purpose: 'odcasim faults' lists how; may be repeated", 0, 0 },
	{ "seed",       0, OPT_STRING, AT(enroll.seed),       "STRING",    "of the dice for prob (default: random, the log says it)", 0, 0 },
	{ "timeout",    0, OPT_NUMBER, AT(enroll.timeout),    "SECONDS",   "how long a request may take (default: 30)", 1, 3600 },
	{ "client",     0, OPT_CHOICE, AT(client), "current|legacy|too-far", "walk up to the topmost certificate in the TPM (default), know only the EK's, as Windows before November 2021, or walk a certificate too far", 0, 0 },
	{ "out",        0, OPT_STRING, AT(out),               "FILE",      "write the AIK certificate there, as PEM", 0, 0 },
	{ "context",    0, OPT_STRING, AT(enroll.context),    "FILE",      "write the AIK there for tpm2-tools: 'tpm2_quote -c FILE', until the TPM is started again", 0, 0 },
	{ "json",       0, OPT_FLAG,   AT(json),              NULL,        "one JSON object at the end instead of text, with each message as it went over the wire, secrets left out", 0, 0 },
	{ "junit",      0, OPT_STRING, AT(junit),             "FILE",      JUNIT_HELP, 0, 0 },
	{ "report",     0, OPT_STRING, AT(report),            "FILE",      REPORT_HELP, 0, 0 },
	END
};
static const struct opt reproduce[] = {
	{ "list",          0, OPT_FLAG,   AT(reproduce.list),          NULL, "list the modes, and those that are Windows' own", 0, 0 },
	{ "all",           0, OPT_FLAG,   AT(reproduce.all),           NULL, "make each of them happen: a table of step, status and HRESULT", 0, 0 },
	{ "story",         0, OPT_FLAG,   AT(reproduce.story),         NULL, "tell the way from the 10th generation to the 11th, a mode after the other", 0, 0 },
	{ "without-cause", 0, OPT_FLAG,   AT(reproduce.without_cause), NULL, "do the same with nothing wrong, for comparison: what is expected of a failure is not seen then", 0, 0 },
	{ "timeout",       0, OPT_NUMBER, AT(reproduce.timeout),       "SECONDS", "how long the client waits for a host that never answers (default: 3)", 1, 3600 },
	{ "json",          0, OPT_FLAG,   AT(json),                    NULL, "one JSON object instead of text", 0, 0 },
	{ "junit",         0, OPT_STRING, AT(junit),                   "FILE", JUNIT_HELP, 0, 0 },
	{ "report",        0, OPT_STRING, AT(report),                  "FILE", REPORT_HELP, 0, 0 },
	END
};
static const struct opt simulator[] = {
	{ "port",        0,   OPT_NUMBER, AT(port),        "N",  "command port; the platform port is N+1 (default: 2321)", 1, 65534 },
	{ "rm",          0,   OPT_FLAG,   AT(remove),      NULL, "begin with a new TPM: remove NVChip first", 0, 0 },
	{ "manufacture", 'm', OPT_FLAG,   AT(manufacture), NULL, "the same", 0, 0 },
	{ "pick_ports",  'p', OPT_FLAG,   AT(pick_ports),  NULL, "take free ports, and write them to the files command.port and platform.port", 0, 0 },
	{ "verbose",     'v', OPT_FLAG,   AT(verbose),     NULL, "log each command", 0, 0 },
	END
};
static const struct opt swtpm_state[] = {
	{ "tpm2",          0, OPT_FLAG,   AT(swtpm.tpm2),          NULL,    "be a TPM 2.0; needed, as swtpm's default is TPM 1.2", 0, 0 },
	{ "tpmstate",      0, OPT_STRING, AT(swtpm.tpmstate),      "WORDS", "where the TPM lives; a device is made there when there is none (default: $TPM_PATH)", 0, 0 },
	{ "key",           0, OPT_STRING, AT(swtpm.key),           "WORDS", "the key that state files are encrypted with", 0, 0 },
	{ "migration-key", 0, OPT_STRING, AT(swtpm.migration_key), "WORDS", "the key that state is encrypted with on its way to another host", 0, 0 },
	{ "migration",     0, OPT_STRING, AT(swtpm.migration),     "WORDS", "what happens when the TPM moves", 0, 0 },
	{ "profile",       0, OPT_STRING, AT(swtpm.profile),       "WORDS", "refused unless name=null: this libtpms has no other", 0, 0 },
	END
};
static const struct opt swtpm_channels[] = {
	{ "ctrl",      0,   OPT_STRING, AT(swtpm.ctrl),      "WORDS", "the control channel", 0, 0 },
	{ "server",    0,   OPT_STRING, AT(swtpm.server),    "WORDS", "the data channel, for TPM commands", 0, 0 },
	{ "port",      'p', OPT_NUMBER, AT(swtpm.port),      "N",     "the same as --server type=tcp,port=N,disconnect", 1, 65535 },
	{ "fd",        'f', OPT_NUMBER, AT(swtpm.fd),        "N",     "a connected socket is the data channel; its end is the program's", 3, 65535 },
	{ "terminate", 't', OPT_FLAG,   AT(swtpm.terminate), NULL,    "end when a connection of the data channel does", 0, 0 },
	{ "locality",  0,   OPT_STRING, AT(swtpm.locality),  "WORDS", "what clients may do with localities", 0, 0 },
	{ "flags",     0,   OPT_STRING, AT(swtpm.flags),     "WORDS", "what was done before the first client comes", 0, 0 },
	END
};
static const struct opt swtpm_process[] = {
	{ "daemon",  'd', OPT_FLAG,   AT(swtpm.daemon),  NULL,    "go on in the background once the TPM is ready", 0, 0 },
	{ "pid",     0,   OPT_STRING, AT(swtpm.pid),     "WORDS", "where to write the process id", 0, 0 },
	{ "log",     0,   OPT_STRING, AT(swtpm.logging), "WORDS", "where to write the log (default: stderr)", 0, 0 },
	{ "runas",   'r', OPT_STRING, AT(swtpm.runas),   "USER",  "be that user before any file is opened", 0, 0 },
	{ "chroot",  'R', OPT_STRING, AT(swtpm.chroot),  "DIR",   "see DIR as /, in the other options, too", 0, 0 },
	{ "seccomp", 0,   OPT_STRING, AT(swtpm.seccomp), "WORDS", "what the system call filter does (default: action=kill)", 0, 0 },
	{ "pcap",    0,   OPT_STRING, AT(swtpm.pcap),    "WORDS", "refused: not supported", 0, 0 },
	END
};
static const struct opt swtpm_print[] = {
	{ "print-capabilities", 0, OPT_FLAG,   AT(swtpm.print_capabilities), NULL,    "print which optional features there are, as JSON", 0, 0 },
	{ "print-states",       0, OPT_FLAG,   AT(swtpm.print_states),       NULL,    "print which states are in --tpmstate, as JSON", 0, 0 },
	{ "print-info",         0, OPT_STRING, AT(swtpm.print_info),         "FLAGS", "print about the TPM in --tpmstate, as JSON: the sum of 1 specification, 2 attributes, 4 features ...; 0x is hexadecimal", 0, 0 },
	{ "print-profiles",     0, OPT_FLAG,   AT(swtpm.print_profiles),     NULL,    "refused: this libtpms has none", 0, 0 },
	END
};
static const struct opt swtpm_own[] = {
	{ "allow-remote", 0, OPT_FLAG, AT(allow_remote), NULL, "listen on a bindaddr that is not loopback: everybody there controls the TPM", 0, 0 },
	END
};
static const struct opt setup[] = {
	{ "tpm2",                 0, OPT_FLAG,     AT(swtpm.tpm2),               NULL,    "make a TPM 2.0; needed, as swtpm_setup's default is TPM 1.2", 0, 0 },
	{ "tpm-state",            0, OPT_STRING,   AT(setup.state),              "DIR",   "where to make the device: a directory that exists, dir://DIR or file://FILE", 0, 0 },
	{ "tpmstate",             0, OPT_STRING,   AT(setup.state),              "DIR",   "the same", 0, 0 },
	{ "overwrite",            0, OPT_FLAG,     AT(setup.overwrite),          NULL,    "put a new device in place of one that is there", 0, 0 },
	{ "not-overwrite",        0, OPT_FLAG,     AT(setup.not_overwrite),      NULL,    "keep one that is there, which is no failure then", 0, 0 },
	{ "reconfigure",          0, OPT_FLAG,     AT(setup.reconfigure),        NULL,    "give the TPM that is there other --pcr-banks", 0, 0 },
	{ "createek",             0, OPT_FLAG,     AT(setup.create_ek),          NULL,    "done in any case: a PTT's EKs follow from its seeds", 0, 0 },
	{ "create-ek-cert",       0, OPT_FLAG,     AT(setup.ek_cert),            NULL,    "done in any case: a PTT leaves the factory with its certificates", 0, 0 },
	{ "create-platform-cert", 0, OPT_FLAG,     AT(setup.platform_cert),      NULL,    "accepted, and said in the log: a PTT has no platform certificate", 0, 0 },
	{ "lock-nvram",           0, OPT_FLAG,     AT(setup.lock_nvram),         NULL,    "done in any case: the certificates' indices are the platform's", 0, 0 },
	{ "decryption",           0, OPT_FLAG,     AT(setup.decryption),         NULL,    "the EKs are for decryption, which they are in any case", 0, 0 },
	{ "ecc",                  0, OPT_FLAG,     AT(setup.ecc),                NULL,    "the kind of a storage key, which a PTT does not have at first", 0, 0 },
	{ "rsa-keysize",          0, OPT_CHOICE,   AT(setup.rsa_keysize),        "2048|max", "bits of the RSA EK; a PTT's has 2048", 0, 0 },
	{ "vmid",                 0, OPT_STRING,   AT(setup.vmid),               "ID",    "whose TPM it is, for the log", 0, 0 },
	{ "keyfile",              0, OPT_STRING,   AT(setup.keyfile),            "FILE",  "the key that state files are encrypted with, in hex", 0, 0 },
	{ "keyfile-fd",           0, OPT_NUMBER,   AT(setup.keyfile_fd),         "N",     "the same from a descriptor", 1, 65535 },
	{ "pwdfile",              0, OPT_STRING,   AT(setup.pwdfile),            "FILE",  "a passphrase that the key follows from", 0, 0 },
	{ "pwdfile-fd",           0, OPT_NUMBER,   AT(setup.pwdfile_fd),         "N",     "the same from a descriptor", 1, 65535 },
	{ "cipher",               0, OPT_STRING,   AT(setup.cipher),             "MODE",  "aes-128-cbc (default), aes-256-cbc; or aes-256-gcm, which swtpm cannot read", 0, 0 },
	{ "write-ek-cert-files",  0, OPT_STRING,   AT(setup.cert_dir),           "DIR",   "write the EK certificates there, too: ek-rsa2048.crt ...", 0, 0 },
	{ "display",              0, OPT_FLAG,     AT(setup.display),            NULL,    "print what was made, as JSON", 0, 0 },
	{ "logfile",              0, OPT_STRING,   AT(setup.logfile),            "FILE",  "append what is said to it (default: stdout and stderr)", 0, 0 },
	{ "config",               0, OPT_STRING,   AT(setup.config),             "FILE",  "settings (default: swtpm_setup.conf in $XDG_CONFIG_HOME, ~/.config or /etc)", 0, 0 },
	{ "create-config-files",  0, OPT_OPTIONAL, AT(setup.config_files),       "[WORDS]", "write a swtpm_setup.conf for this user", 0, 0 },
	{ "runas",                0, OPT_STRING,   AT(swtpm.runas),              "USER",  "be that user first", 0, 0 },
	{ "tpm",                  0, OPT_STRING,   AT(setup.tpm),                "PROGRAM", "accepted when it is this program", 0, 0 },
	{ "swtpm_ioctl",          0, OPT_STRING,   AT(setup.swtpm_ioctl),        "PROGRAM", "deprecated, no effect", 0, 0 },
	{ "tcsd-system-ps-file",  0, OPT_STRING,   AT(setup.tcsd_file),          "FILE",  "deprecated, no effect", 0, 0 },
	{ "profile",              0, OPT_STRING,   AT(setup.profile),            "JSON",  "refused unless it is the null profile", 0, 0 },
	{ "profile-name",         0, OPT_STRING,   AT(setup.profile_name),       "NAME",  "refused unless it is null", 0, 0 },
	{ "print-capabilities",   0, OPT_FLAG,     AT(swtpm.print_capabilities), NULL,    "print which optional features there are, as JSON", 0, 0 },
	END
};
/* So that they are refused with the reason, not as unknown. */
static const struct opt setup_refused[] = {
	{ "allow-signing",           0, OPT_FLAG,   AT(setup.allow_signing),    NULL, "a PTT's EKs do not sign", 0, 0 },
	{ "create-spk",              0, OPT_FLAG,   AT(setup.create_spk),       NULL, "a PTT leaves the factory without a storage key", 0, 0 },
	{ "take-ownership",          0, OPT_FLAG,   AT(setup.take_ownership),   NULL, "of TPM 1.2", 0, 0 },
	{ "ownerpass",               0, OPT_STRING, AT(setup.owner_password),   "PASSWORD", "of TPM 1.2", 0, 0 },
	{ "owner-well-known",        0, OPT_FLAG,   AT(setup.owner_well_known), NULL, "of TPM 1.2", 0, 0 },
	{ "srkpass",                 0, OPT_STRING, AT(setup.srk_password),     "PASSWORD", "of TPM 1.2", 0, 0 },
	{ "srk-well-known",          0, OPT_FLAG,   AT(setup.srk_well_known),   NULL, "of TPM 1.2", 0, 0 },
	{ "profile-file",            0, OPT_STRING, AT(setup.profile_file),     "FILE", "this libtpms has no profiles", 0, 0 },
	{ "profile-file-fd",         0, OPT_STRING, AT(setup.profile_file_fd),  "N", "the same", 0, 0 },
	{ "profile-remove-disabled", 0, OPT_STRING, AT(setup.remove_disabled),  "WORD", "the same", 0, 0 },
	{ "print-profiles",          0, OPT_FLAG,   AT(swtpm.print_profiles),   NULL, "the same", 0, 0 },
	{ "ek1keyalgo",              0, OPT_STRING, AT(setup.ek1),              "ALG", "a PTT's EKs are rsa2048, ecc_nist_p256 and ecc_nist_p384", 0, 0 },
	{ "ek2keyalgo",              0, OPT_STRING, AT(setup.ek2),              "ALG", "the same", 0, 0 },
	{ "iakkeyalgo",              0, OPT_STRING, AT(setup.iak),              "ALG", "a PTT has no IAK", 0, 0 },
	{ "idevidkeyalgo",           0, OPT_STRING, AT(setup.idevid),           "ALG", "a PTT has no IDevID", 0, 0 },
	END
};
static const struct opt help[] = {
	{ "version", 'v', OPT_FLAG, AT(swtpm.version), NULL, "print the version", 0, 0 },
	{ "help",    'h', OPT_FLAG, AT(help),          NULL, "this text", 0, 0 },
	END
};
/* clang-format on */

const struct opt_group opts_common = { "other options", common };
const struct opt_group opts_home = { "state", home };
const struct opt_group opts_new_home = { "state", new_home };
const struct opt_group opts_device = { "device", device };
const struct opt_group opts_ekop = { "registration", ekop };
const struct opt_group opts_faults = { "faults", faults };
const struct opt_group opts_tpm_faults = { "faults", tpm_faults };
const struct opt_group opts_listen = { "listen", listening };
const struct opt_group opts_startup = { "start", startup };
const struct opt_group opts_source = { "which TPM", source };
const struct opt_group opts_show = { "output", show };
const struct opt_group opts_verify = { "verification", verify };
const struct opt_group opts_json = { "output", json };
const struct opt_group opts_update = { "update", update };
const struct opt_group opts_ca_init = { "hierarchy", ca_init };
const struct opt_group opts_ca_export = { "hierarchy", ca_export };
const struct opt_group opts_ca_crl = { "hierarchy", ca_crl };
const struct opt_group opts_ca_revoke = { "what", ca_revoke };
const struct opt_group opts_cloud = { "serve", cloud };
const struct opt_group opts_enroll = { "enrolment", enroll };
const struct opt_group opts_reproduce = { "reproduction", reproduce };
const struct opt_group opts_simulator = { "options", simulator };
const struct opt_group opts_swtpm_state = { "state", swtpm_state };
const struct opt_group opts_swtpm_channels = { "channels", swtpm_channels };
const struct opt_group opts_swtpm_process = { "process", swtpm_process };
const struct opt_group opts_swtpm_print = { "output", swtpm_print };
const struct opt_group opts_swtpm_own = { "not of swtpm", swtpm_own };
const struct opt_group opts_setup = { "options", setup };
const struct opt_group opts_setup_refused = { "refused", setup_refused };
const struct opt_group opts_help = { "other options", help };
