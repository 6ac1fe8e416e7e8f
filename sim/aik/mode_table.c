#include "sim/aik/hresult.h"
#include "sim/aik/mode.h"

/* What is to be seen. */
#define ENROLLED                                                               \
	{                                                                      \
		.enrolled = true, .step = ENROLL_CHECK                         \
	}
#define HTTP_AT(at, code, text)                                                \
	{                                                                      \
		.step = ENROLL_##at, .status = (code),                         \
		.hresult = 0x80190000u + (code), .reply = (text)               \
	}
#define NET_AT(at, code)                                                       \
	{                                                                      \
		.step = ENROLL_##at, .hresult = 0x80070000u + WINHTTP_##code   \
	}
#define NO_AUTHORITY HTTP_AT(CAPS, 404, "does not exist.")
#define NO_VALID_EK                                                            \
	HTTP_AT(SUBMIT, 400,                                                   \
	    "No valid TPM EK/Platform certificate provided in the TPM "        \
	    "identity request message.")

/* What Autopilot makes of it. */
#define RETRIES                                                                \
	"0x81039001 E_AUTOPILOT_CLIENT_TPM_MAX_ATTESTATION_RETRY_EXCEEDED, "   \
	"once its retries are used up"
#define TIMED_OUT                                                              \
	"0x800705b4, \"Securing your hardware: Failed\", when attestation "    \
	"takes too long"
#define NO_EK                                                                  \
	"0x80070490, as seen with firmware TPMs whose EK certificate is not "  \
	"found"
#define NO_JOIN "0x801c03ea: attestation failed, so the device cannot join"

/* Who says so. */
#define BLOG                                                                   \
	"call4cloud.nl, 'Pursuit of HAPPY... Uhhh TPM' part 2 (November 2021)"
#define EVENT404                                                               \
	"Windows event 86 of an AMD TPM with the same text (pastebin "         \
	"Dk0hKYhy, 2023)"
#define NDES    "Windows events 86 of NDES clients, the same code (gradenegger.eu)"
#define WINHTTP "Microsoft: WinHTTP error messages"
#define WCCE                                                                   \
	"MS-WCCE 3.2.2.6.2.1.2.5.1 demands the check; the code is the "        \
	"nearest that was seen"
#define KNOWN "Microsoft: Windows Autopilot, known issues"

/* clang-format off */
const struct mode aik_modes[] = {
/* --- the URL ---------------------------------------------------------------- */
{ .name = "wrong-aik-url", .title = "Wrong AIK URL on Tiger Lake: Windows knows nothing of the chain in the TPM",
  .who = "11th-gen Intel with Windows older than November 2021",
  .device = { .family = "tgl" }, .client = CLIENT_LEGACY, .want = NO_AUTHORITY, .autopilot = RETRIES,
  .why = "The certificates above the EK's are in NV at 0x01C00100. A client that does not read them takes the authority key identifier of the EK certificate: that of the device's own PTT CA. No service can have an authority for each chip.",
  .remedy = "Windows with KB5007253 (22 November 2021) or later reads the chain: 'odcasim reproduce fixed-client'. Nothing helps on the network's side: see hosts-file.",
  .label = LABEL_DOCUMENTED, .source = BLOG "; " EVENT404 },
{ .name = "wrong-aik-url-timeout", .title = "The same client, and no answer at all",
  .who = "11th-gen Intel in November 2021, as certreq -enrollaik showed it",
  .device = { .family = "tgl" }, .client = CLIENT_LEGACY, .wire = WIRE_BLACK_HOLE, .want = NET_AT(CONNECT, TIMEOUT), .autopilot = TIMED_OUT,
  .why = "The URL is wrong as in wrong-aik-url. Why some saw a time-out and others 404 is not known; here nobody answers.",
  .remedy = "As wrong-aik-url: KB5007253 or later.",
  .label = LABEL_SEEN, .source = BLOG },
{ .name = "fixed-client", .title = "The same Tiger Lake, and Windows that reads the chain: it enrols",
  .who = "11th-gen Intel with KB5007253 or later",
  .device = { .family = "tgl" }, .want = ENROLLED,
  .why = "The client walks from the EK certificate up to the ROM CA in NV, and takes who issued that: Intel's issuing CA of the batch, which the service knows.",
  .remedy = "Nothing: this is how it should be.",
  .label = LABEL_DOCUMENTED, .source = KNOWN ", KB5007253" },
{ .name = "unregistered-batch", .title = "The URL is right, and the service has no such authority",
  .who = "engineering samples and batches that are newer than the service's list",
  .device = { .family = "tgl", .batch = "00002002" }, .want = NO_AUTHORITY, .autopilot = RETRIES,
  .why = "The issuing CA of this batch is a test CA. Microsoft registers issuing CAs one by one, those of parts that are sold.",
  .remedy = "A part of a production batch; for a new one the vendor has the CA registered. No client can help.",
  .label = LABEL_SEEN, .source = EVENT404 "; that it is so for Intel's T_ and E_ parts is inferred from Microsoft's list of 2024" },
{ .name = "one-certificate-too-far", .title = "A client that walks one certificate further than the TPM has",
  .who = "who writes a client",
  .device = { .family = "tgl" }, .client = CLIENT_TOO_FAR, .want = NO_AUTHORITY,
  .why = "It takes the key identifier of Intel's intermediate CA. Authorities are of issuing CAs only.",
  .remedy = "End at the topmost certificate in the TPM, and take its authority key identifier.",
  .label = LABEL_INFERRED, .source = "no intermediate CA of Intel's is in Microsoft's list of 2024" },
{ .name = "hosts-file", .title = "A hosts file sends the wrong URL to a service that works",
  .who = "who tries to mend wrong-aik-url on the network",
  .device = { .family = "tgl" }, .client = CLIENT_LEGACY, .other = OTHER_CLOUD | OTHER_TLS, .want = NO_AUTHORITY, .autopilot = RETRIES,
  .why = "Another service answers, and TLS succeeds; but the authority is chosen by the Host header and SNI, which a hosts file does not change.",
  .remedy = "As wrong-aik-url: a client that builds the right URL.",
  .label = LABEL_DOCUMENTED, .source = BLOG },
{ .name = "no-key-identifier", .title = "An EK certificate without authority key identifier: a NameId URL",
  .who = "TPMs whose certificates have none; with Nuvoton's the service knows such names",
  .device = { .family = "tgl", .faults = { "cert.ek.no-aki" } }, .client = CLIENT_LEGACY, .want = NO_AUTHORITY, .autopilot = RETRIES,
  .why = "Where there is no key identifier, the host is named after the SHA-1 of the issuer's name, and no such authority is registered for Intel.",
  .remedy = "A certificate as RFC 5280 4.2.1.1 wants it, from the vendor.",
  .label = LABEL_INFERRED, .source = "20 NameId authorities in Microsoft's list of 2024, which are SHA-1 of names of Nuvoton's CAs" },
/* --- the chain in NV -------------------------------------------------------- */
{ .name = "chain-not-in-nv", .title = "No chain in the TPM's NV",
  .who = "a client that cannot read NV, firmware that has lost the indices",
  .device = { .family = "tgl", .faults = { "chain.missing" } }, .want = NO_AUTHORITY, .autopilot = RETRIES,
  .why = "Even a client that looks finds nothing above the EK certificate, and builds the URL of wrong-aik-url.",
  .remedy = "'odcasim show' lists what is in NV. The device-unique CAs are nowhere else: firmware has to write them again.",
  .label = LABEL_DOCUMENTED, .source = BLOG "; " EVENT404 },
{ .name = "chain-cut", .title = "The chain in NV is cut off",
  .who = "firmware that writes too little, a client that reads too little",
  .device = { .family = "tgl", .faults = { "chain.cut" } }, .want = NO_AUTHORITY, .autopilot = RETRIES,
  .why = "The PTT CA, which issued the EK certificate, is not whole, so the walk ends at the EK certificate.",
  .remedy = "Read each index to its end, NV_Read by TPM_PT_NV_BUFFER_MAX; compare with 'odcasim show'.",
  .label = LABEL_INFERRED, .source = "TCG EK Credential Profile 2.2.1.5.2; the consequence is wrong-aik-url's" },
{ .name = "chain-second-index-missing", .title = "A long chain goes on in a second index, which is not there",
  .who = "Meteor Lake and later with a client, or firmware, of one index only",
  .device = { .family = "mtl", .faults = { "chain.second-index-missing" } }, .want = NO_AUTHORITY, .autopilot = RETRIES,
  .why = "A certificate lies across 0x01C00100 and 0x01C00101. Without the second half the walk ends too early.",
  .remedy = "Join all indices from 0x01C00100 on before they are split into certificates.",
  .label = LABEL_INFERRED, .source = "TCG EK Credential Profile 2.2.1.5.2; the consequence is wrong-aik-url's" },
{ .name = "chain-foreign", .title = "The chain of another device of the same platform",
  .who = "a cloned image of firmware",
  .device = { .family = "tgl", .faults = { "chain.foreign" } }, .want = NO_AUTHORITY, .autopilot = RETRIES,
  .why = "The names fit, the keys do not: who goes by key identifiers finds no issuer, and uses that of the EK certificate.",
  .remedy = "'odcasim verify' names the certificate that does not fit; the board has to be manufactured again.",
  .label = LABEL_INFERRED, .source = "RFC 5280 4.2.1.1; the consequence is wrong-aik-url's" },
{ .name = "chain-padded", .title = "Octets FF behind the chain: it enrols",
  .who = "firmware that defines the index larger than its content",
  .device = { .family = "tgl", .faults = { "chain.padded-ff" } }, .want = ENROLLED,
  .why = "The certificates are whole. A client that rejects what follows them is too strict.",
  .remedy = "A client ends at the first octet that begins no certificate.",
  .label = LABEL_INFERRED, .source = "TCG EK Credential Profile 2.2.1.5.2" },
/* --- before the on-die CA: EKOP --------------------------------------------- */
{ .name = "ekop-up", .title = "10th gen: the EK certificate comes from Intel's service",
  .who = "Intel before the 11th gen",
  .device = { .family = "cml", .known = true }, .want = ENROLLED,
  .why = "There is no certificate in NV. The client asks EKOP for the one of this EK, and goes on with it.",
  .remedy = "Nothing: this is how it should be.",
  .label = LABEL_DOCUMENTED, .source = "tpm2_getekcertificate(1); Windows' Tpm-Maintenance task does the same" },
{ .name = "ekop-down", .title = "10th gen, and EKOP cannot be reached",
  .who = "Intel before the 11th gen behind a firewall",
  .device = { .family = "cml", .known = true }, .wire = WIRE_CLOSED,
  .want = { .step = ENROLL_EK, .hresult = HRESULT_NOT_FOUND }, .autopilot = NO_EK,
  .why = "Without the EK certificate the TPM is not ready for attestation (bit 0x00040000 of IsReadyInformation), and nothing else is tried.",
  .remedy = "Let the machine reach ekop.intel.com; for AMD ftpm.amd.com.",
  .label = LABEL_DOCUMENTED, .source = KNOWN " (0x80070490, AMD)" },
{ .name = "ekop-unknown-ek", .title = "EKOP answers, and does not know this EK",
  .who = "parts whose EKs were never uploaded, an EK of another template or seed",
  .device = { .family = "cml" },
  .want = { .step = ENROLL_EK, .status = 404, .hresult = HRESULT_NOT_FOUND }, .autopilot = NO_EK,
  .why = "EKOP has certificates by the SHA-256 of the EK's public key. It has none for this one.",
  .remedy = "Compare the hash in the URL with that of tpm2_createek's key. Here 'odcasim mint --ekop' makes it known.",
  .label = LABEL_DOCUMENTED, .source = KNOWN " (0x80070490, AMD)" },
{ .name = "firmware-too-old", .title = "11th gen with firmware of the old way: EKOP is asked in vain",
  .who = "11th-gen Intel with CSME firmware from before the on-die CA",
  .device = { .family = "tgl", .faults = { "cert.ek.missing", "chain.missing" } },
  .want = { .step = ENROLL_EK, .status = 404, .hresult = HRESULT_NOT_FOUND }, .autopilot = NO_EK,
  .why = "Nothing is in NV, so the client asks EKOP; but Intel has uploaded no EKs of the 11th gen.",
  .remedy = "Update the BIOS, and with it the CSME firmware. From which version on is published nowhere.",
  .label = LABEL_DOCUMENTED, .source = BLOG },
/* --- what the service refuses ------------------------------------------------ */
{ .name = "ek-certificate-not-accepted", .title = "The EK certificate is none that the service takes",
  .who = "chips with unusual certificates (NationZ before August 2022), all of a vendor in an outage (IFX, 29 March 2023)",
  .device = { .family = "tgl", .faults = { "cert.ek.no-eku" } }, .want = NO_VALID_EK, .autopilot = RETRIES,
  .why = "The certificate does not say that it is of an EK (tcg-kp-EKCertificate).",
  .remedy = "'odcasim verify' says which check fails; the vendor has to issue another one.",
  .label = LABEL_SEEN, .source = "call4cloud.nl, 'The Triangle of TPM Attestation Sadness' (29 March 2023)" },
{ .name = "ek-chain-untrusted", .title = "The EK certificate leads to no root that is trusted",
  .who = "counterfeit parts, damaged certificates",
  .device = { .family = "tgl", .faults = { "cert.ek.bad-signature" } }, .want = NO_VALID_EK, .autopilot = RETRIES,
  .why = "The signature of the EK certificate is not that of its issuer, so there is no path to a root.",
  .remedy = "'odcasim verify' walks the path, and shows where it breaks.",
  .label = LABEL_INFERRED, .source = WCCE },
{ .name = "ek-certificate-expired", .title = "The EK certificate has expired",
  .who = "old discrete TPMs, clocks that are wrong",
  .device = { .family = "tgl", .faults = { "cert.ek.expired" } }, .want = NO_VALID_EK, .autopilot = RETRIES,
  .why = "The service validates the certificate as RFC 5280 has it, and its time is over.",
  .remedy = "Another certificate from the vendor. Intel's are good until the end of 2049.",
  .label = LABEL_INFERRED, .source = WCCE },
{ .name = "ek-certificate-not-yet-valid", .title = "The EK certificate begins to be valid tomorrow",
  .who = "parts made with a clock that was ahead, clock skew",
  .device = { .family = "tgl", .faults = { "cert.ek.not-yet-valid" } }, .want = NO_VALID_EK, .autopilot = RETRIES,
  .why = "For the service it is not valid yet.",
  .remedy = "Wait, or set the clock right: 'w32tm /resync /force'.",
  .label = LABEL_INFERRED, .source = WCCE },
{ .name = "ek-of-another-key", .title = "The certificate is of another EK than the TPM has",
  .who = "boards whose TPM was replaced or cleared to a new seed, cloned NV",
  .device = { .family = "tgl", .faults = { "cert.ek.other-key" } }, .want = NO_VALID_EK, .autopilot = RETRIES,
  .why = "The request carries the public EK, which has to be the certificate's. It is not.",
  .remedy = "'odcasim verify' compares the two. Manufacture the board again.",
  .label = LABEL_INFERRED, .source = WCCE },
{ .name = "device-revoked", .title = "The device is on its batch's revocation list",
  .who = "devices whose keys have leaked",
  .device = { .family = "tgl", .revoked = true }, .other = OTHER_ALL, .want = NO_VALID_EK, .autopilot = RETRIES,
  .why = "The ROM CA of this device is revoked, and with it all that it has issued.",
  .remedy = "None for the device. 'odcasim ca crl' shows the lists.",
  .label = LABEL_INFERRED, .source = WCCE },
/* --- the wire ---------------------------------------------------------------- */
{ .name = "name-not-resolved", .title = "The name of the service is not resolved",
  .who = "networks with DNS that knows inside names only",
  .device = { .family = "tgl" }, .wire = WIRE_NO_NAME, .want = NET_AT(CONNECT, NAME_NOT_RESOLVED), .autopilot = NO_JOIN,
  .why = "No resolver gives an address. An authority that does not exist is not the reason: for the real service every such name resolves.",
  .remedy = "DNS for *.microsoftaik.azure.net, or a proxy that resolves it.",
  .label = LABEL_SEEN, .source = NDES },
{ .name = "port-closed", .title = "Nobody listens: the connection is refused",
  .who = "networks whose firewall rejects",
  .device = { .family = "tgl" }, .wire = WIRE_CLOSED, .want = NET_AT(CONNECT, CANNOT_CONNECT), .autopilot = NO_JOIN,
  .why = "The address answers, with a reset.",
  .remedy = "Let port 443 of *.microsoftaik.azure.net through.",
  .label = LABEL_DOCUMENTED, .source = WINHTTP },
{ .name = "black-hole", .title = "A connection, and never an answer",
  .who = "networks whose firewall drops, or inspects and gives up",
  .device = { .family = "tgl" }, .wire = WIRE_BLACK_HOLE, .want = NET_AT(CONNECT, TIMEOUT), .autopilot = TIMED_OUT,
  .why = "What is sent gets lost. The client waits until its time is over (--timeout).",
  .remedy = "Let port 443 of *.microsoftaik.azure.net through, without inspection.",
  .label = LABEL_SEEN, .source = BLOG },
{ .name = "tls-interceptor", .title = "TLS is intercepted, by a root that the client does not trust",
  .who = "networks with TLS inspection; the device context has no root of the user's",
  .device = { .family = "tgl" }, .other = OTHER_CLOUD, .want = NET_AT(CONNECT, SECURE_FAILURE), .autopilot = NO_JOIN,
  .why = "Who answers has a certificate for the name, of a hierarchy that this client does not know.",
  .remedy = "Take *.microsoftaik.azure.net out of the inspection. A wrong clock looks the same.",
  .label = LABEL_SEEN, .source = NDES },
/* --- the client's own -------------------------------------------------------- */
{ .name = "tpm-not-ready", .title = "The owner hierarchy has a password: the TPM is not ready",
  .who = "TPMs that were provisioned by something else before, and not cleared",
  .device = { .family = "tgl", .owner_auth = true }, .want = { .step = ENROLL_TPM, .hresult = HRESULT_NOT_READY }, .autopilot = TIMED_OUT,
  .why = "The AIK is made with empty owner authorisation. The TPM has another one, so nothing is sent.",
  .remedy = "Take it off: 'tpm2_changeauth -c owner -p OLD', or clear the TPM.",
  .label = LABEL_DOCUMENTED, .source = "Microsoft: TPM_E_PCP_DEVICE_NOT_READY; that it is this cause's code is inferred" },
{ .name = "aik-untrusted-root", .title = "An AIK certificate is issued, below a root that the client does not trust",
  .who = "who runs a service of his own, or tests a client",
  .device = { .family = "tgl" }, .other = OTHER_DEVICE | OTHER_CLOUD | OTHER_TLS,
  .want = { .step = ENROLL_CHECK, .status = 200, .hresult = HRESULT_UNTRUSTED_ROOT },
  .why = "The whole conversation succeeds. Its result ends in another root than the one that AIK certificates are trusted by.",
  .remedy = "Trust the service's root, or use the right service.",
  .label = LABEL_INFERRED, .source = "[MS-ERREF] has the code; that the client checks it here is inferred" },
/* --- what is Windows' own ---------------------------------------------------- */
{ .name = "vulnerable-firmware", .title = "Firmware with a known weakness (ROCA): attestation is blocked",
  .who = "Infineon TPMs before 2018",
  .absent = "Windows itself compares manufacturer and firmware version with a list, and sends nothing; no Intel TPM is on it",
  .autopilot = "0x81039024", .label = LABEL_DOCUMENTED, .source = KNOWN },
{ .name = "virtual-tpm", .title = "A virtual machine: no attestation",
  .who = "virtual machines", .absent = "Windows decides it by what the machine says it is, before anything is sent",
  .autopilot = "0x800705b4", .label = LABEL_DOCUMENTED, .source = KNOWN },
{ .name = "lockout-counter", .title = "Windows' readiness bits: TCG log, lockout counter, device id",
  .who = "TPMs that Windows has not provisioned yet",
  .absent = "the bits (0x00080000, 0x00400000, 0x00800000) are of Windows' own bookkeeping; tpm-not-ready is the TPM's side of it",
  .label = LABEL_SEEN, .source = "Test-AutopilotAttestation 0.12" },
{ .name = "aik-evicted", .title = "The AIK is gone: TPM_E_KEY_NOT_LOADED",
  .who = "machines whose TPM was cleared between two enrolments",
  .absent = "Windows' key storage keeps AIKs from one enrolment to the next; here each makes its own",
  .label = LABEL_SEEN, .source = "a log in a public repository (2026)" },
{ .name = "ecc-aik", .title = "A P-256 AIK is refused",
  .who = "clients of a newer interface",
  .absent = "the way to ask for one is not published; every AIK certificate that was seen is RSA-2048",
  .label = LABEL_SEEN, .source = "a log in a public repository (2026), second hand" },
{ .name = NULL },
};

const struct mode_part aik_story[] = {
{ "ekop-up", "Until the 10th generation Intel knew every EK. A machine without its certificate asked Intel's service for it, and enrolled." },
{ "ekop-down", "That took a network that lets the machine out. Behind a firewall attestation ended before it began." },
{ "wrong-aik-url", "The 11th generation brought a CA in each chip, and the chain in NV. Windows read the EK certificate and nothing above it, and so asked for an authority that nobody has." },
{ "hosts-file", "Some tried to send the wrong name to a service that works. The name is still in the request." },
{ "fixed-client", "In November 2021 Windows learned to read the chain (KB5007253). The service had been ready for 14 months." },
{ "unregistered-batch", "What is left: parts whose issuing CA Microsoft does not know. The URL is right, and the answer is the same 404." },
{ NULL, NULL },
};
/* clang-format on */
