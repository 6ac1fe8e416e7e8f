/*
 * limits.h - every bound on what comes from outside, in one place.
 *
 * A count or a size that a peer, a file or a command line gives meets one of
 * these names before it is used.  Sizes are in bytes unless the name says so.
 */
#ifndef SIM_BASE_LIMITS_H
#define SIM_BASE_LIMITS_H

/* TPM commands and responses (TPM_PT_MAX_COMMAND_SIZE of libtpms). */
#define MAX_TPM_COMMAND  4096
#define MAX_TPM_RESPONSE 4096
#define TPM_HEADER_SIZE  10

/* mssim: the reference simulators close a connection beyond 1 MiB. */
#define MAX_MSSIM_BODY (1024 * 1024)
/* Connections at a time, over all listeners; one more is closed at once. The
 * usual limit of 1024 descriptors has room for them. */
#define MAX_CONNS 1000
/* ms for which a client of the control channel may stop within a request; as
 * swtpm. */
#define MAX_CTRL_SILENCE 500
/* Replies that wait for a client that does not read; then its requests wait. */
#define MAX_CONN_OUTPUT (64 * 1024)
/* Tries to find two free neighbouring ports when port 0 is asked for. */
#define MAX_PORT_TRIES 64

/* State files: the permanent state of a TPM with its NV full is below this. */
#define MAX_STATE_FILE (512 * 1024)
#define MAX_SMALL_FILE (64 * 1024)
/* The same with what a migration puts around it. */
#define MAX_STATE_BLOB (MAX_STATE_FILE + 1024)
/* A file with all states of a TPM, two of each for a moment; swtpm's may have
 * more in it. */
#define MAX_LINEAR_FILE (64 * 1024 * 1024)
/* Tries to lock the state, 10 ms apart, that a client may ask for. */
#define MAX_LOCK_RETRIES 1000

/* The fixed part of a request; GET_INFO's. */
#define MAX_WIRE_FIXED 16
/* A TCTI's name and configuration, with its NUL. */
#define MAX_TCTI 160
/* The longest reply on any port, a state with its header. */
#define MAX_WIRE_REPLY (MAX_STATE_BLOB + 64)
/* A file with the key or the passphrase of encrypted state. */
#define MAX_STATE_KEY_TEXT 4096

/* Certificates. A real ODCA chain has 7; its longest member is 949 bytes. */
#define MAX_CERT_SIZE  4096
#define MAX_CERT_COUNT 128
/* CAs of a hierarchy: every family's and batch's. */
#define MAX_CAS 96
/* AIK CAs, one an authority: of every production batch, and of some more. */
#define MAX_AIK_CAS 128
/* Certificates that a verifier is given besides those of one TPM. */
#define MAX_GIVEN_CERTS 256
#define MAX_CHAIN_DEPTH 16
#define MAX_CHAIN_BYTES (16 * 2048)
/* SEQUENCEs in SEQUENCEs; a certificate has 6. */
#define MAX_DER_DEPTH 16
#define MAX_EXTS      16
/* A Name or a URI as text, with its NUL; what is longer is cut or left out. */
#define MAX_NAME_TEXT 256
#define MAX_URI       256

/* CRLs. A real one of the On-Die CA is empty and below 400 bytes. */
#define MAX_CRL_SIZE    (1024 * 1024)
#define MAX_CRL_ENTRIES 4096
/* CRLs that a verifier is given. */
#define MAX_GIVEN_CRLS 256

/* An EK certificate as EKOP's JSON. */
#define MAX_EKOP_BODY (2 * MAX_CERT_SIZE)

/* CMS messages. A request for an AIK certificate, with the EK's chain, is about
 * 12 KB. */
#define MAX_CMS_SIZE  (64 * 1024)
#define MAX_CMS_CERTS 16
#define MAX_CMS_ATTRS 16
/* SCEP: RFC 8894 gives no bound; clients have 40 hexadecimal digits and 16
 * octets. The text with its NUL. */
#define MAX_SCEP_TRANSACTION 129
#define MAX_SCEP_NONCE       64
/* A certificate request, with an attestation statement and an encrypted EK
 * certificate; and its attributes, of which Windows has 8. */
#define MAX_CSR_SIZE  (16 * 1024)
#define MAX_CSR_ATTRS 32
/* EK certificates besides the manufacturer's: MS-WCCE 2.2.2.7.13. */
#define MAX_MORE_EK_CERTS 3
/* What the AIK service gives a client to carry, and for how many seconds its
 * challenge may be answered: a TPM needs less than ten. */
#define MAX_TICKET        4096
#define MAX_CHALLENGE_AGE 600
/* An object identifier as dotted text, with its NUL. */
#define MAX_OID_TEXT 48

/* TPM NV: libtpms' MAX_NV_INDEX_SIZE, and its MAX_NV_BUFFER_SIZE for one read
 * or write. */
#define MAX_NV_INDEX 2048
#define MAX_NV_CHUNK 1024
/* A TPMS_ID_OBJECT with SHA-512, and a seed for an RSA-4096 key (Part 2, 12.4.3
 * and 11.4.3). */
#define MAX_ID_OBJECT        132
#define MAX_ENCRYPTED_SECRET 512
/* An attestation statement; Windows' has 802, and what a provider puts behind
 * it. */
#define MAX_STATEMENT (16 * 1024)
/* What any TPM may have, to be shown. */
#define MAX_NV_INDICES 64
#define MAX_EK_CERTS   16
#define MAX_PCR_BANKS  8
/* NV indices that one certificate may be in; silicon needs two. */
#define MAX_CERT_PIECES 8

/* Octets of a certificate's serial number: RFC 5280 4.1.2.2 allows 20, a fault
 * may want more. */
#define MAX_RFC_SERIAL  20
#define MAX_SERIAL_SIZE 32

/* Faults armed at a time, a name, and an argument. */
#define MAX_FAULTS     8
#define MAX_FAULT_NAME 64
#define MAX_FAULT_ARG  10000

/* HTTP. The longest request is one of SCEP's with a chain of certificates, by
 * GET in the query, twice encoded; the longest answer is a CRL. */
#define MAX_HTTP_HEAD   (64 * 1024)
#define MAX_HTTP_BODY   (64 * 1024)
#define MAX_HTTP_ANSWER MAX_CRL_SIZE
#define MAX_HTTP_HOST   256
/* What a record keeps of a body; those of an enrolment are below 16 KB. */
#define MAX_HTTP_RECORD (64 * 1024)
/* What is read of a body that is too long, so that its sender sees the answer;
 * beyond, the connection is cut. */
#define MAX_HTTP_UNWANTED (4 * 1024 * 1024)
#define MAX_HTTP_FIELDS   64 /* headers, and as many arguments */
/* Connections at a time, and of one address: one more takes the place of the
 * one that has waited longest. Below any usual hard limit of descriptors. */
#define MAX_HTTP_CONNS         1024
#define MAX_HTTP_ADDRESS_CONNS 512
/* Seconds that a connection may take where answers are late on purpose: its
 * client's time ends first. */
#define MAX_HTTP_PATIENCE 7200
/* Certificates that clients of EKOP registered. */
#define MAX_EKOP_CERTS 4096

/* Command line. */
#define MAX_SEED_LENGTH 256
#define MAX_HOST_LENGTH 64
#define MAX_PATH_LENGTH 4096
#define MAX_SVN         99
/* Groups of a user that a program is to run as. */
#define MAX_GROUPS 256
/* Values of one option that may be repeated. */
#define MAX_OPT_LIST 8

#endif
