#!/usr/bin/env bash
# Two programs and one state: which of them may write to it, when a VM moves to
# another host on shared storage, and what becomes of what the other has written.
# shellcheck source=tests/interop/lib.sh
. "$(dirname "$0")/lib.sh"
# shellcheck source=tests/interop/swtpm.sh
. "$TOP/tests/interop/swtpm.sh"

STATE=$TMP/shared
INIT_DELETE=0000000200000001 STOP=0000000e
GET_SAVESTATE=0000000c000000000000000300000000
NO_SAVESTATE=00000800000000000000000000000000

# TPM2_NV_DefineSpace of 8 octets, and TPM2_NV_ReadPublic of them.
NV_DEFINE=80020000002d0000012a40000001000000094000000900000000000000
NV_DEFINE+=000e01500002000b0004000400000008
NV_PUBLIC=80010000000e0000016901500002
PCR_READ=800100000014 PCR_READ+=0000017e00000001000b03000001
PCR_EXTEND=80020000004100000182000000100000000940000009000000000000000001000b
PCR_EXTEND+=$(printf '5a%.0s' {1..32})
DONE=80020000001300000000000000000000010000

sums() {
	sha256sum "$STATE"/tpm2-00.*
}

# A code of a response.
rc() { # HEX...
	command "$@" | tail -n 1 | cut -c 13-20
}

# The source gives all that there is of its state, as QEMU asks for it.
give() { # DESCRIPTION
	ok "$1: permanent state" ioctl --save permanent "$TMP/permanent.blob"
	ok "$1: volatile state" ioctl --save volatile "$TMP/volatile.blob"
	is "$1: no savestate" "$(control $GET_SAVESTATE)" $NO_SAVESTATE
}

take() { # DESCRIPTION
	ok "$1: permanent state" ioctl --load permanent "$TMP/permanent.blob"
	ok "$1: volatile state" ioctl --load volatile "$TMP/volatile.blob"
	is "$1: INIT" "$(control $INIT_DELETE)" 00000000
}

# Descriptors of the lock that the program has.
locks() {
	find "/proc/$(cat "$PID_FILE")/fd" -lname '*/.lock' | wc -l
}

source_and_target() { # TPMSTATE
	at source
	ok "the source" serve "$OURS" "$1" --migration release-lock-outgoing
	is "has no lock yet" "$(locks)" 0
	is "INIT" "$(control $INIT)" 00000000
	is "has it" "$(locks)" 1
	is "Startup" "$(rc $STARTUP)" 00000000
	at target
	ok "the target" serve "$OURS" "$1" --migration incoming,release-lock-outgoing
	is "has no state while the source has" "$(control $INIT)" 00000009
}

# What the target writes stays, whatever is told to the source.
moved() { # TPMSTATE
	local before
	source_and_target "$1"
	at source
	give "the source"
	at target
	take "the target"
	is "an index is defined" "$(command "$NV_DEFINE")" $DONE
	before=$(sums)
	at source
	is "the source's INIT" "$(control $STOP $INIT | tr '\n' ' ')" "00000000 00000009 "
	is "has no power" "$(rc $NV_PUBLIC)" 00000101
	ok "the source ends" end
	is "the state is the target's" "$(sums)" "$before"
	at target
	is "the index" "$(rc $NV_PUBLIC)" 00000000
	ok "the target ends" end
	at later
	ok "Debian's swtpm goes on" serve "$THEIRS" "$1" --flags startup-clear
	is "with the index" "$(rc $NV_PUBLIC)" 00000000
	ok "end" end
}

# The same with a source that is on to its end.
ended_on() { # TPMSTATE
	local before
	source_and_target "$1"
	at source
	give "the source, on"
	at target
	take "the target"
	is "an index is removed" "$(command 80020000001f00000122400000010150000200000009400000090000000000)" $DONE
	before=$(sums)
	at source
	is "the source's volatile state" "$(control 0000000a)" 00000009
	is "a command to the source" "$(rc $NV_PUBLIC)" 00000101
	ok "the source ends, on" end
	is "the state is the target's" "$(sums)" "$before"
	# A target that has ended has left a newer state, too.
	at target
	ok "the target ends" end
}

# A source that outlives the target begins with what that left.
comes_back() { # TPMSTATE
	source_and_target "$1"
	at source
	give "the source"
	at target
	take "the target"
	is "an index is defined" "$(command "$NV_DEFINE")" $DONE
	ok "the target ends" end
	at source
	is "INIT" "$(control $INIT)" 00000000
	is "the index is there" "$(rc $STARTUP $NV_PUBLIC)" 00000000
	ok "the source ends" end
}

# A migration that failed: the source goes on as if nothing had been.
fails_and_goes_on() { # TPMSTATE
	source_and_target "$1"
	at source
	give "the source"
	at target
	ok "the target ends, and has taken nothing" end
	at source
	is "it locks" "$(control 0000001300000000)" 00000000
	is "the index is removed" "$(command 80020000001f00000122400000010150000200000009400000090000000000)" $DONE
	ok "it ends" end
	at later
	ok "what it left" serve "$OURS" "$1" --flags startup-clear
	is "is without the index" "$(rc $NV_PUBLIC)" 0000018b
	ok "end" end
}

# Who says that there is no lock has none, ever.
without() { # TPMSTATE
	local name
	for name in one two; do
		at $name
		ok "$name without a lock" serve "$OURS" "$1"
		is "INIT" "$(control $INIT)" 00000000
		is "Startup" "$(rc $STARTUP)" 00000000
	done
	for name in one two; do
		at $name
		is "$name answers" "$(rc $NV_PUBLIC)" 0000018b
		ok "$name ends" end
	done
}

# A target that nobody has sent a state has no TPM, and makes none.
nothing_comes() {
	mkdir "$TMP/empty"
	at target
	ok "a target" serve "$OURS" "dir=$TMP/empty" --migration incoming
	is "INIT without a state" "$(control $INIT)" 00000009
	ok "end" end
	is "made none" "$(find "$TMP/empty" -name 'tpm2-00.*')" ""
}

# What is no state stays, and one that is sent takes its place.
damaged() { # PROGRAM
	local state=$TMP/damaged
	at damaged
	mkdir "$state"
	echo DUMMY >"$state/tpm2-00.permall"
	init_fails "a damaged state" "$1" "dir=$state"
	is "it stays" "$(cat "$state/tpm2-00.permall")" DUMMY
	ok "once more" serve "$1" "dir=$state"
	take "a state is sent"
	ok "end" end
	rm -r "$state"
}

# A Startup that the TPM refuses: it was suspended, or there is nothing to resume.
startups() { # PROGRAM
	at startup
	ok "a TPM" serve "$1" "dir=$STATE" --flags startup-clear
	is "PCR 16 is extended" "$(command "$PCR_EXTEND")" $DONE
	ok "it is suspended" ioctl -v
	kill -9 "$(cat "$PID_FILE")"
	ok "and started again" serve "$1" "dir=$STATE" --flags startup-clear
	isnt "is as it was" "$(command "$PCR_READ" | tail -c 65)" "$(printf '00%.0s' {1..32})"
	is "Shutdown(CLEAR)" "$(rc 80010000000c000001450000)" 00000000
	is "INIT" "$(control $INIT_DELETE)" 00000000
	ok "end" end
	ok "nothing to resume" serve "$1" "dir=$STATE" --flags startup-state
	is "Startup is to be done" "$(rc 80010000000c0000017b0008)" 00000100
	is "and can be" "$(rc $STARTUP)" 00000000
	ok "end" end
}

nothing_comes
mkdir "$STATE"
moved "dir=$STATE"
ended_on "dir=$STATE"
comes_back "dir=$STATE"
fails_and_goes_on "dir=$STATE"
without "dir=$STATE,lock=false"
for program in "$OURS" "$THEIRS"; do
	damaged "$program"
	startups "$program"
done
without "backend-uri=file://$TMP/one-file"
finish
