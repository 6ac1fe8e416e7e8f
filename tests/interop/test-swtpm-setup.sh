#!/usr/bin/env bash
# swtpm_setup: what it makes, refuses and says; and swtpm socket as a process:
# in the background, as another user, in another root, on sockets it inherits.
# shellcheck source=tests/interop/lib.sh
. "$(dirname "$0")/lib.sh"
needs swtpm_setup swtpm_ioctl openssl

THEIR_SETUP=$(command -v swtpm_setup)
mkdir bin
for name in swtpm swtpm_setup; do
	ln -s "$ODCASIM" bin/$name
done
export XDG_CONFIG_HOME=$TMP/config
setup=$TMP/bin/swtpm_setup
socket=("$TMP/bin/swtpm" socket --tpm2)
CTRL=$TMP/ctrl

end() {
	timeout 30 swtpm_ioctl --unix "${1:-$CTRL}" -s
}

field() { # STATE KEY
	sed -n "s/^  \"$2\": \"\\{0,1\\}\\([^\",]*\\)\"\\{0,1\\},\$/\\1/p" "$1/odcasim.json"
}

state() { # a new directory: sets STATE
	STATE=$(mktemp -d "$TMP/state.XXXXXX")
}

existing() {
	local before
	state
	ok "make" "$setup" --tpm2 --tpmstate "$STATE"
	says "as scripts look for it" '^Successfully authored TPM state\.$'
	before=$(sha256sum "$STATE"/tpm2-00.permall)
	exits 1 "again fails" "$setup" --tpm2 --tpmstate "$STATE"
	says "because of what is there" "Found existing TPM state 'permall'\."
	ok "--not-overwrite" "$setup" --tpm2 --tpmstate "$STATE" --not-overwrite
	says "is said" '^Not overwriting existing state file\.$'
	is "the device is the same" "$(sha256sum "$STATE"/tpm2-00.permall)" "$before"
	ok "--overwrite" "$setup" --tpm2 --tpmstate "$STATE" --overwrite --family adl
	isnt "the device is another" "$(sha256sum "$STATE"/tpm2-00.permall)" "$before"
	is "of the family" "$(field "$STATE" family)" adl
	ok "verify" "$ODCASIM" verify --state "$STATE"
	exits 1 "no directory" "$setup" --tpm2 --tpmstate "$TMP/none"
	exits 1 "no state" "$setup" --tpm2
	says "by swtpm_setup's words" '--tpm-state must be provided'
}

refusals() {
	local row
	state
	while read -r -a row; do
		exits 1 "${row[0]} is refused" "$setup" --tpm2 --tpmstate "$STATE" "${row[@]}"
		says "by name: ${row[0]}" "${row[0]#--}"
	done <<-END
		--allow-signing
		--create-spk
		--take-ownership
		--ownerpass x
		--rsa-keysize 3072
		--profile-name default-v1
		--ek1keyalgo rsa3072
		--iakkeyalgo ecc_nist_p384
		--overwrite --not-overwrite
		--tpm /bin/true
		--print-profiles
		--cipher aes-ctr
		--bogus
	END
	exits 1 "a bank that does not exist" "$setup" --tpm2 --tpmstate "$STATE" --pcr-banks md5
	says "is refused by name" "'md5'"
	exits 1 "TPM 1.2 is refused" "$setup" --tpmstate "$STATE"
	is "nothing was made" "$(ls -A "$STATE")" ""
}

certificates() {
	local name
	state
	mkdir "$TMP/certs"
	ok "certificates" "$setup" --tpm2 --tpmstate "$STATE" --create-platform-cert \
		--write-ek-cert-files "$TMP/certs" --logfile "$TMP/log" --tpm "$TMP/bin/swtpm socket"
	is "nothing is said but in the log" "$(cat "$TMP/out")" ""
	for name in rsa2048 secp256r1 secp384r1; do
		ok "ek-$name.crt" openssl x509 -inform DER -in "$TMP/certs/ek-$name.crt" -noout
	done
	ok "no platform certificate is claimed" grep -q 'no platform certificate; none was made' "$TMP/log"
	exits 1 "a failure" "$setup" --tpm2 --tpmstate "$STATE" --logfile "$TMP/log"
	ok "is in the log, too" grep -q "Found existing TPM state" "$TMP/log"
}

settings() {
	state
	ok "a settings file" "$setup" --create-config-files root
	says "is named" "^Writing $XDG_CONFIG_HOME/swtpm_setup.conf\.\$"
	exits 1 "is not replaced" "$setup" --create-config-files root
	ok "unless it may stay" "$setup" --create-config-files skip-if-exist,root
	cat >"$XDG_CONFIG_HOME/swtpm_setup.conf" <<-'END'
		create_certs_tool = /usr/bin/swtpm_localca
		active_pcr_banks = sha256,sha384
		odcasim_family = adl
		odcasim_svn = 2
		odcasim_seed = lab-${VMID}
	END
	ok "make by it" "$setup" --tpm2 --tpmstate "$STATE" --vmid vm7
	ok "mint the same" "$ODCASIM" mint --state "$TMP/same" --family adl --svn 2 \
		--seed lab-vm7 --pcr-banks sha256,sha384
	ok "it is the same" cmp "$STATE/odcasim.json" "$TMP/same/odcasim.json"
	rm -r "$XDG_CONFIG_HOME"
	exits 1 "--config that is not there" "$setup" --tpm2 --tpmstate "$STATE" \
		--config "$TMP/none" --overwrite
}

banks() {
	state
	ok "make" "$setup" --tpm2 --tpmstate "$STATE" --pcr-banks -
	ok "show" "$ODCASIM" show --state "$STATE"
	says "all banks" 'PCR banks +sha1, sha256, sha384, sha512'
	ok "reconfigure" "$setup" --tpm2 --tpmstate "$STATE" --pcr-banks sha384 --reconfigure
	ok "show" "$ODCASIM" show --state "$STATE"
	says "the one" 'PCR banks +sha384$'
	ok "the certificates stay" "$ODCASIM" verify --state "$STATE"
	exits 1 "with new keys" "$setup" --tpm2 --tpmstate "$STATE" --reconfigure --createek
	# One of swtpm's making has no descriptor.
	rm "$STATE"/odcasim.*
	ok "reconfigure swtpm's" "$setup" --tpm2 --tpmstate "$STATE" --pcr-banks sha256 --reconfigure
	ok "show" "$ODCASIM" show --state "$STATE"
	says "the other" 'PCR banks +sha256$'
	state
	exits 1 "without a TPM" "$setup" --tpm2 --tpmstate "$STATE" --pcr-banks sha384 --reconfigure
}

# Debian's swtpm_setup writes certificates of its own CA, so nothing may be in
# NV when it comes.
theirs() {
	state
	cat >"$TMP/localca.conf" <<-END
		statedir = $TMP/ca
		signingkey = $TMP/ca/key.pem
		issuercert = $TMP/ca/cert.pem
		certserial = $TMP/ca/serial
	END
	cat >"$TMP/localca.options" <<-END
		--platform-manufacturer Test
		--platform-version 1
		--platform-model Test
	END
	cat >"$TMP/setup.conf" <<-END
		create_certs_tool = $(command -v swtpm_localca)
		create_certs_tool_config = $TMP/localca.conf
		create_certs_tool_options = $TMP/localca.options
	END
	mkdir "$TMP/ca"
	ok "Debian's swtpm_setup by our swtpm" "$THEIR_SETUP" --tpm "$TMP/bin/swtpm socket" --tpm2 \
		--tpmstate "$STATE" --create-ek-cert --create-platform-cert --lock-nvram \
		--config "$TMP/setup.conf" --logfile "$TMP/their.log"
	ok "its work is done" grep -q 'Successfully authored TPM state' "$TMP/their.log"
	ok "there is nothing of ours" test ! -e "$STATE/odcasim.json"
	ok "we serve it" "${socket[@]}" --tpmstate "dir=$STATE" --ctrl "type=unixio,path=$CTRL" --daemon
	ok "stop" end
}

# A sanitized build has no filter.
filter_of() { # ACTION
	if [ "$1" = none ] || grep -q __asan_init "$ODCASIM"; then
		echo 0
	else
		echo 2
	fi
}

processes() {
	state
	chmod 755 "$TMP"
	exits 1 "a daemon that fails says so" "${socket[@]}" --daemon --tpmstate "dir=$TMP/none" \
		--ctrl "type=unixio,path=$CTRL"
	says "at once" "open directory '$TMP/none'"
	mkdir work
	cp -r "$STATE" work/state
	cd work || exit 1
	ok "relative paths" "${socket[@]}" --daemon --tpmstate dir=state \
		--ctrl type=unixio,path=ctrl,mode=0620 --pid file=pid --log file=log,level=2,prefix=vm1:
	is "the socket's mode" "$(stat -c %a ctrl)" 620
	is "the process" "$(cat /proc/"$(cat pid)"/comm)" swtpm
	is "has left the session" "$(ps -o sid= -p "$(cat pid)" | tr -d ' ')" "$(cat pid)"
	ok "a log's prefix" grep -q '^vm1:' log
	ok "stop" end ctrl
	cd .. || exit 1
	for action in log none kill; do
		ok "seccomp $action" "${socket[@]}" --daemon --tpmstate "dir=$TMP/work/state" \
			--ctrl "type=unixio,path=$CTRL" --pid "file=$TMP/pid" --seccomp action=$action
		is "the filter" "$(sed -n 's/^Seccomp:\t//p' /proc/"$(cat "$TMP/pid")"/status)" \
			"$(filter_of $action)"
		ok "stop" end
		flock -w 30 "$TMP/work/state/.lock" true
	done
}

as_root() {
	if [ "$(id -u)" != 0 ]; then
		skipped "--runas and --chroot" "not root"
		return
	fi
	state
	chown 4321:4321 "$STATE"
	mkdir -p "$TMP/root/vm"
	ok "--runas of swtpm_setup" "$setup" --tpm2 --tpmstate "$STATE" --runas 4321
	is "whose state is that user's" "$(stat -c %u:%g "$STATE/tpm2-00.permall")" 4321:4321
	mkdir -m 777 "$TMP/run"
	ok "--runas" "${socket[@]}" --tpmstate "dir=$STATE" --runas 4321 --daemon \
		--ctrl "type=unixio,path=$TMP/run/ctrl" --pid "file=$TMP/run/pid"
	is "is that user" "$(stat -c %u:%g /proc/"$(cat "$TMP/run/pid")")" 4321:4321
	is "whose socket it is" "$(stat -c %u "$TMP/run/ctrl")" 4321
	ok "stop" end "$TMP/run/ctrl"
	exits 1 "no such user" "${socket[@]}" --tpmstate "dir=$STATE" --runas no-such-user \
		--ctrl "type=unixio,path=$CTRL"
	ok "--chroot" "${socket[@]}" -R "$TMP/root" --tpmstate dir=/vm --daemon \
		--ctrl type=unixio,path=/ctrl --pid file=/pid
	is "is there" "$(readlink /proc/"$(cat "$TMP/root/pid")"/root)" "$TMP/root"
	ok "and so is its state" test -s "$TMP/root/vm/tpm2-00.permall"
	ok "stop" end "$TMP/root/ctrl"
}

existing
refusals
certificates
settings
banks
theirs
processes
as_root
finish
