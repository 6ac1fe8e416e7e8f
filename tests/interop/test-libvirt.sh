#!/usr/bin/env bash
# libvirt starts domains whose TPM is ours, found as swtpm and swtpm_setup.
#
# As root, libvirtd runs as a host's does, in namespaces of its own and over copies of
# the directories that it writes: the system's libvirt sees nothing of it, and what it
# started ends with it.  It also runs as a user's own, which takes no privilege.  Where
# neither can be, test-swtpm-cli.sh still runs the commands that libvirt would.
set -uo pipefail

WRITTEN=(/etc /run /var/lib /var/cache /var/log)

# The directories that libvirtd writes, copied on write into memory.
copy_on_write() { # DIRECTORY...
	local copy dir
	copy=$(mktemp -d) && mount -t tmpfs tmpfs "$copy" || return 1
	for dir; do
		mkdir -p "$copy$dir/upper" "$copy$dir/work"
		mount -t overlay overlay \
			-o "lowerdir=$dir,upperdir=$copy$dir/upper,workdir=$copy$dir/work" "$dir" ||
			return 1
	done
	umount -l "$copy" && rmdir "$copy"
	rm -rf /run/* /etc/libvirt /var/{lib,cache,log}/libvirt
}

case ${1:-} in
'')
	apart=(unshare --mount --net --pid --fork --kill-child --mount-proc)
	[ "$(id -u)" != 0 ] || ! "${apart[@]}" true 2>/dev/null || exec "${apart[@]}" "$0" apart
	;;
apart)
	copy_on_write "${WRITTEN[@]}" && HOST=y
	;;
esac
# shellcheck source=tests/interop/lib.sh
. "$(dirname "$0")/lib.sh"
PATH=$PATH:/usr/sbin:/sbin
needs libvirtd virsh qemu-system-x86_64 qemu-img swtpm_ioctl

VM=6f646361-7369-4d00-8000-000000000001 SECRET=6f646361-7369-4d00-8000-000000000002
mkdir "$TMP/bin"
chmod 711 "$TMP"
cp "$ODCASIM" "$TMP/bin/swtpm"
ln -s swtpm "$TMP/bin/swtpm_setup"
PATH=$TMP/bin:$PATH

# --- libvirtd ------------------------------------------------------------------

virsh() { # COMMAND...
	timeout 60 ${AS[@]+"${AS[@]}"} virsh -q -c "$URI" "$@"
}

# As a host's: qemu:///system.
host() {
	URI=qemu:///system AS=() CONFIG=/etc/libvirt SOCKETS=/run/libvirt/qemu/swtpm
	STATES=/var/lib/libvirt DIR=$TMP/host
	mkdir -p "$CONFIG" "$DIR"
	printf '%s = "root"\n' user group swtpm_user swtpm_group >"$CONFIG/qemu.conf"
	configure
	daemon
}

# As a user's: qemu:///session; of root, nobody's.
session() {
	local dir=$TMP/session
	URI=qemu:///session CONFIG=$dir/config/libvirt SOCKETS=$dir/run/libvirt/qemu/run/swtpm
	STATES=$CONFIG/qemu DIR=$dir
	AS=(env "HOME=$dir" "XDG_RUNTIME_DIR=$dir/run" "XDG_CONFIG_HOME=$dir/config"
		"XDG_CACHE_HOME=$dir/cache" "XDG_STATE_HOME=$dir/state" "XDG_DATA_HOME=$dir/data")
	mkdir -p "$dir/run" "$CONFIG"
	chmod 700 "$dir/run"
	[ "$(id -u)" != 0 ] || {
		chown -R 65534:65534 "$dir"
		AS+=(setpriv --reuid=65534 --regid=65534 --clear-groups)
	}
	configure
	daemon
}

configure() {
	cat >>"$CONFIG/qemu.conf" <<-END
		security_driver = "none"
		cgroup_controllers = [ ]
		namespaces = [ ]
		remember_owner = 0
		stdio_handler = "file"
	END
	cat >"$DIR/libvirtd.conf" <<-END
		log_filters = "1:util.command"
		log_outputs = "1:file:$DIR/libvirtd.log"
		auth_unix_rw = "none"
	END
}

# It says that it is ready by going to the background.
daemon() {
	ok "libvirtd for $URI" timeout 60 ${AS[@]+"${AS[@]}"} libvirtd --daemon \
		--config "$DIR/libvirtd.conf" --pid-file "$DIR/libvirtd.pid"
	trap leave EXIT
}

leave() {
	local domain
	while read -r domain; do
		[ -z "$domain" ] || virsh destroy "$domain"
	done < <(virsh list --name) >/dev/null 2>&1
	daemon_ends
	cleanup
}

daemon_ends() {
	local pid
	pid=$(cat "$DIR/libvirtd.pid" 2>/dev/null) || return 0
	kill "$pid" && timeout 30 tail --pid="$pid" -f /dev/null
}

# What libvirt ran, of a command.
ran() { # PATTERN
	grep -oE "About to run .*/bin/($1)( |$).*" "$DIR/libvirtd.log"
}

# --- a domain ------------------------------------------------------------------

# Its firmware writes to a pipe what it does, also when it has found nothing to boot.
domain() { # [ENCRYPTION]
	cat <<-END
		<domain type='qemu' xmlns:qemu='http://libvirt.org/schemas/domain/qemu/1.0'>
		  <name>vm</name>
		  <uuid>$VM</uuid>
		  <memory unit='MiB'>64</memory>
		  <os><type arch='x86_64' machine='q35'>hvm</type></os>
		  <features><acpi/></features>
		  <devices>
		    <emulator>$(command -v qemu-system-x86_64)</emulator>
		    <controller type='usb' model='none'/>
		    <memballoon model='none'/>
		    <disk type='file' device='disk'>
		      <driver name='qemu' type='qcow2'/>
		      <source file='$DIR/disk'/>
		      <target dev='sda' bus='sata'/>
		    </disk>
		    <tpm model='tpm-crb'><backend type='emulator' version='2.0'>${1:-}</backend></tpm>
		  </devices>
		  <qemu:commandline>
		    <qemu:arg value='-chardev'/><qemu:arg value='pipe,id=firmware,path=$DIR/firmware'/>
		    <qemu:arg value='-device'/><qemu:arg value='isa-debugcon,iobase=0x402,chardev=firmware'/>
		  </qemu:commandline>
		</domain>
	END
}

define() { # [ENCRYPTION]
	rm -f "$DIR/firmware" "$DIR/disk"
	mkfifo "$DIR/firmware"
	qemu-img create -q -f qcow2 "$DIR/disk" 1M
	chmod 666 "$DIR/firmware" "$DIR/disk"
	domain "$@" >"$DIR/vm.xml"
	chmod 644 "$DIR/vm.xml"
	ok "define" virsh define "$DIR/vm.xml"
	STATE=$STATES/swtpm/$VM/tpm2
}

# Until its firmware is through.
booted() {
	timeout 60 grep -qm 1 'No bootable device' "$DIR/firmware"
}

ioctl() { # OPTION...
	timeout 30 swtpm_ioctl --unix "$(echo "$SOCKETS"/*-vm-swtpm.sock)" "$@"
}

# --- what is seen of its TPM -----------------------------------------------------

# A measurement into PCR 17, which a reset takes back: H(0 || H("odcasim")).
MEASURED=$(
	{
		head -c 32 /dev/zero
		printf odcasim | openssl sha256 -binary
	} | openssl sha256 -r | head -c 64
)

measured() {
	rm -f "$DIR/volatile"
	ioctl --save volatile "$DIR/volatile" &&
		od -An -v -tx1 "$DIR/volatile" | tr -d ' \n' | grep -q "$MEASURED"
}

identity() {
	cat "$STATE/odcasim.json" "$STATE/odcasim.fuses"
}

capabilities() {
	ok "domain capabilities" virsh domcapabilities --virttype qemu
	says "have an emulated TPM" '<value>emulator</value>'
	says "of version 2.0" '<value>2.0</value>'
}

starts() {
	define
	ok "start" virsh start vm
	ok "the firmware has run" booted
	is "a PTT was made for it" "$(find "$STATE" -name 'odcasim.json' | wc -l)" 1
	ok "by swtpm_setup" ran "swtpm_setup --tpm2 .*--create-ek-cert"
	ok "and our swtpm serves it" ran "swtpm socket .*--tpm2"
	ok "QEMU has a TPM" virsh qemu-monitor-command vm '{"execute":"query-tpm"}'
	says "that is ours" '"model":"tpm-crb".*"type":"emulator"'
}

# What ends the domain ends the TPM, and leaves nothing of its sockets.
ends() { # TITLE COMMAND...
	local pid
	pid=$(cat "$SOCKETS"/*-vm-swtpm.pid)
	ok "$1" virsh "${@:2}"
	ok "$1: the TPM ends, too" timeout 30 tail --pid="$pid" -f /dev/null
	is "$1: its socket is gone" "$(find "$SOCKETS" -type s)" ""
}

undefines() {
	ok "undefine" virsh undefine --tpm vm
	is "its TPM is gone with it" "$(ls "$STATE" 2>/dev/null)" ""
}

# --- cases -----------------------------------------------------------------------

resets() {
	ok "measure" ioctl -h odcasim
	ok "PCR 17 has it" measured
	ok "reset" virsh reset vm
	ok "the firmware has run again" booted
	fails "PCR 17 is reset" measured
}

# The machine goes on where it was, and its TPM with it.
goes_on() {
	ok "measure" ioctl -h odcasim
	ends "managedsave" managedsave vm
	ok "start from what was saved" virsh start vm
	ok "PCR 17 is what it was" measured
	ok "snapshot" virsh snapshot-create-as vm before
	ok "reset" virsh reset vm
	ok "the firmware has run again" booted
	fails "PCR 17 is reset" measured
	ok "back to the snapshot" virsh snapshot-revert vm before --running
	ok "PCR 17 is what it was then" measured
	ok "delete the snapshot" virsh snapshot-delete vm before
	ends "save to a file" save vm "$DIR/saved"
	ok "restore" virsh restore "$DIR/saved"
	ok "PCR 17 is what it was" measured
}

# A libvirtd that is started anew finds the domain and its TPM.
goes_on_without_libvirtd() {
	ok "libvirtd ends" daemon_ends
	daemon
	is "the domain is there" "$(virsh domstate vm | head -n 1)" running
	ok "and its TPM" ioctl -g
}

stays() {
	local was
	was=$(identity)
	ends "destroy" destroy vm
	is "the device stays" "$(identity)" "$was"
	ok "verify" "$ODCASIM" verify --state "$STATE"
	says "accepts it" '^accepted'
	ok "start again" virsh start vm
	ok "the firmware has run" booted
	is "it is the same device" "$(identity)" "$was"
	fails "PCR 17 is reset" measured
	ends "destroy again" destroy vm
}

# A domain that was never defined leaves no TPM.
transient() {
	ok "create" virsh create "$DIR/vm.xml"
	ok "the firmware has run" booted
	ends "destroy what was created" destroy vm
	is "its TPM is gone with it" "$(ls "$STATE" 2>/dev/null)" ""
}

# The passphrase comes on a file descriptor.
encrypted() {
	if ! swtpm socket --tpm2 --print-capabilities | grep -q '"cmdarg-pwd-fd"'; then
		skipped "an encrypted TPM" "swtpm takes no passphrase (cmdarg-pwd-fd)"
		return
	fi
	cat >"$DIR/secret.xml" <<-END
		<secret ephemeral='yes' private='yes'>
		  <uuid>$SECRET</uuid>
		  <usage type='vtpm'><name>vm</name></usage>
		</secret>
	END
	ok "a secret" virsh secret-define "$DIR/secret.xml"
	printf 'a passphrase' >"$DIR/passphrase"
	ok "and its value" virsh secret-set-value "$SECRET" --file "$DIR/passphrase" --plain
	define "<encryption secret='$SECRET'/>"
	ok "start" virsh start vm
	ok "the firmware has run" booted
	ok "with a key" ran "swtpm socket .*--key pwdfd=[0-9].*"
	ends "destroy" destroy vm
	ok "start again" virsh start vm
	ends "destroy again" destroy vm
	printf 'another' >"$DIR/passphrase"
	ok "another passphrase" virsh secret-set-value "$SECRET" --file "$DIR/passphrase" --plain
	fails "does not open it" virsh start vm
	undefines
}

on_a_host() {
	host
	capabilities
	starts
	resets
	goes_on
	goes_on_without_libvirtd
	stays
	undefines
	transient
	encrypted
	leave_daemon
}

of_a_user() {
	session
	capabilities
	starts
	ends "destroy" destroy vm
	undefines
	leave_daemon
}

# The next one has its own.
leave_daemon() {
	ok "libvirtd ends" daemon_ends
	trap cleanup EXIT
}

if [ "${HOST:-}" ]; then
	on_a_host
else
	skipped "qemu:///system" "no root, or no namespaces of its own"
fi
of_a_user
finish
