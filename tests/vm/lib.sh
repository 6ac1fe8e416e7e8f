# shellcheck shell=bash
# lib.sh - what the VM tests share, beside tests/interop/lib.sh: a TPM server, a
# QEMU on it, and a guest that does what it is told (init.sh).
#
#   SWTPM                   the TPM server (a link named swtpm to ODCASIM)
#   VM_KERNEL, VM_INITRD    what scripts/vm-kernel and scripts/vm-initrd made
#   VM_ACCEL                QEMU's accelerator (kvm where it works, else tcg)
#
# Nothing sleeps: QEMU's standard output is the guest's answers, its end is
# QEMU's; the monitor says what happened by events.
# shellcheck source=tests/interop/lib.sh
. "$(dirname "${BASH_SOURCE[0]}")/../interop/lib.sh"

needs qemu-system-x86_64 swtpm tpm2
VM_KERNEL=${VM_KERNEL:-$TOP/build/vm/vmlinuz}
VM_INITRD=${VM_INITRD:-$TOP/build/vm/initrd}
[ -e "$VM_KERNEL" ] || skip "no kernel '$VM_KERNEL' (make check-vm)"
[ -e "$VM_INITRD" ] || skip "no initramfs '$VM_INITRD' (make check-vm)"
# shellcheck disable=SC2034 # for the tests
REAL_SWTPM=$(command -v swtpm)
if [ -z "${SWTPM:-}" ]; then
	ln -s "$ODCASIM" "$TMP/swtpm"
	SWTPM=$TMP/swtpm
fi

# Seconds that one answer of a guest may take, on a busy machine without KVM.
PATIENCE=120

# What the guest's kernel and the TPM said explains a failure.
vm_cleanup() {
	local log
	if [ "$FAILED" != 0 ]; then
		for log in "$TMP"/console "$TMP"/qemu.log "$TMP"/*.tpmlog; do
			[ ! -s "$log" ] || { echo "# ${log##*/}:" && tail -n 100 "$log"; }
		done | sed 's/\r$//; s/^/# /'
	fi
	cleanup
}
trap vm_cleanup EXIT

# Seconds since the last call, as a comment of the test's output.
LAP=$EPOCHREALTIME
lap() { # WHAT
	local now=$EPOCHREALTIME
	awk -v a="$LAP" -v b="$now" -v what="$1" 'BEGIN { printf "# %s: %.1f s\n", what, b - a }'
	LAP=$now
}

# --- the TPM ---------------------------------------------------------------------

# Serve the state in a directory, as VM hosts start their TPMs; one TPM at a time.
tpm_start() { # DIR [OPTION...]
	TPM_SOCK=$TMP/tpm.sock
	try "$SWTPM" socket --tpm2 --tpmstate "dir=$1" --ctrl "type=unixio,path=$TPM_SOCK" \
		--log "file=$1.tpmlog" --pid "file=$1.pid" --terminate --daemon "${@:2}"
	if [ "$STATUS" != 0 ]; then
		verdict 1 "start a TPM on ${1##*/}"
		exit 1
	fi
	TPM_PID=$(<"$1.pid")
	SERVERS+=("$TPM_PID")
}

# --- QEMU ------------------------------------------------------------------------

# A /dev/kvm may be there and yet run no guest: one has to have run.
accelerator() {
	[ -z "${VM_ACCEL:-}" ] || return
	VM_ACCEL=tcg
	[ -w /dev/kvm ] && grep -qwE 'vmx|svm' /proc/cpuinfo || return
	timeout 20 qemu-system-x86_64 -machine q35,accel=kvm "${MACHINE[@]}" -no-reboot \
		-kernel "$VM_KERNEL" -append 'panic=-1 quiet' >/dev/null 2>&1 && VM_ACCEL=kvm
}

MACHINE=(-no-user-config -nodefaults -display none -m 256 -smp 1)

# Start QEMU with a TPM of a model on the server; the guest boots meanwhile.
vm_start() { # MODEL QEMU-OPTION...
	local name
	accelerator
	for name in guest.in guest.out qmp.in qmp.out; do
		rm -f "$TMP/$name"
		mkfifo "$TMP/$name"
	done
	exec {QMP_IN}<>"$TMP/qmp.in" {QMP_OUT}<>"$TMP/qmp.out"
	QMP_SEEN=
	qemu-system-x86_64 -machine "q35,accel=$VM_ACCEL" "${MACHINE[@]}" \
		-chardev "pipe,id=qmp,path=$TMP/qmp" -mon chardev=qmp,mode=control \
		-chardev "file,id=console,path=$TMP/console,append=on" -serial chardev:console \
		-chardev stdio,id=guest,signal=off -serial chardev:guest \
		-chardev "socket,id=tpm,path=$TPM_SOCK" \
		-tpmdev emulator,id=tpm,chardev=tpm -device "$1,tpmdev=tpm" "${@:2}" \
		<"$TMP/guest.in" >"$TMP/guest.out" 2>>"$TMP/qemu.log" &
	QEMU_PID=$!
	SERVERS+=("$QEMU_PID")
	exec {TO_GUEST}>"$TMP/guest.in" {FROM_GUEST}<"$TMP/guest.out"
	qmp qmp_capabilities
}

# What boots our guest, besides firmware.
# shellcheck disable=SC2034 # for the tests
GUEST=(-kernel "$VM_KERNEL" -initrd "$VM_INITRD" -append 'console=ttyS0 quiet panic=-1')

# QEMU has ended, by itself or asked to; its exit status.
vm_end() {
	local status=0
	cat <&"$FROM_GUEST" >/dev/null
	wait "$QEMU_PID" || status=$?
	exec {TO_GUEST}>&- {FROM_GUEST}<&- {QMP_IN}>&- {QMP_OUT}<&-
	tail --pid="$TPM_PID" -f /dev/null
	return $status
}

vm_quit() {
	qmp quit
	vm_end
}

# A command for QEMU's monitor; what it returned is in QMP, events are kept.
qmp() { # COMMAND [ARGUMENTS]
	printf '{"execute":"%s","arguments":%s}\n' "$1" "${2:-{\}}" >&"$QMP_IN"
	while IFS= read -r -t "$PATIENCE" QMP <&"$QMP_OUT"; do
		case $QMP in
		*'"return":'*) return 0 ;;
		*'"error":'*) echo "$1: $QMP" && return 1 ;;
		*) QMP_SEEN+=$QMP$'\n' ;;
		esac
	done
	echo "$1: no answer"
	return 1
}

# One for its people: what it says is an error.
hmp() { # COMMAND-LINE
	qmp human-monitor-command "{\"command-line\":\"$1\"}" || return
	[[ $QMP == *'"return": ""'* ]] || { echo "$1: $QMP" && return 1; }
}

# Wait for an event, forgetting those before it.
event() { # WHAT
	local line
	while :; do
		while IFS= read -r line; do
			[[ -n $line ]] || continue
			QMP_SEEN=${QMP_SEEN#*$'\n'}
			[[ $line != *$1* ]] || return 0
		done <<<"$QMP_SEEN"
		IFS= read -r -t "$PATIENCE" line <&"$QMP_OUT" || break
		QMP_SEEN=$line$'\n'
	done
	echo "no event $1"
	return 1
}

# --- the guest -------------------------------------------------------------------

# Its lines up to a mark, whose status it is.
answer() {
	local line
	while IFS= read -r -t "$PATIENCE" line <&"$FROM_GUEST"; do
		[ -z "${line%%@@ *}" ] || printf '%s\n' "${line%%@@ *}"
		case $line in
		*'@@ ready') return 0 ;;
		*'@@ '[0-9]*) return "${line##*@@ }" ;;
		esac
	done
	echo "the guest says nothing"
	return 124
}

# Say a command, and do not wait.
tell() { # COMMAND-LINE
	printf '%s\n' "$1" >&"$TO_GUEST"
}

# Run a command in the guest: its output, its exit status.
guest() { # COMMAND-LINE
	tell "$1" && answer
}

# Its output alone, also where it failed: for `is`.
from() { # COMMAND-LINE
	guest "$1" || true
}

# What failed leaves nothing to test.
needed() { # DESCRIPTION COMMAND...
	ok "$@" || finish
}

booted() { # DESCRIPTION
	needed "$1" answer
	lap "$1"
}
