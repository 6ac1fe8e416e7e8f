# shellcheck shell=bash
# swtpm.sh - what the tests of swtpm's states share, after lib.sh: our swtpm and
# Debian's, one at a time on the same sockets, and which device answers there.
needs swtpm swtpm_setup swtpm_ioctl "$PYTHON"

# shellcheck disable=SC2034 # for the tests
OURS=$TMP/bin/swtpm THEIRS=$(command -v swtpm)
# shellcheck disable=SC2034 # for the tests
SETUP=$TMP/bin/swtpm_setup THEIR_SETUP=$(command -v swtpm_setup)
mkdir "$TMP/bin"
ln -s "$ODCASIM" "$TMP/bin/swtpm"
ln -s "$ODCASIM" "$TMP/bin/swtpm_setup"
CTRL=$TMP/ctrl DATA=$TMP/data PID_FILE=$TMP/pid

ioctl() { # OPTION...
	timeout 30 swtpm_ioctl --unix "$CTRL" "$@"
}

# In the background, on a control and a data channel.
serve() { # PROGRAM TPMSTATE OPTION...
	rm -f "$PID_FILE" "$CTRL" "$DATA"
	timeout 60 "$1" socket --tpm2 --tpmstate "$2" --ctrl "type=unixio,path=$CTRL" \
		--server "type=unixio,path=$DATA" --pid "file=$PID_FILE" --daemon \
		--log "file=$TMP/log" "${@:3}" && SERVERS+=("$(cat "$PID_FILE")")
}

# It has ended when its lock is free; without one, when it is no process more.
end() { # [LOCK]
	local pid
	pid=$(cat "$PID_FILE")
	ioctl -s || return 1
	if [ $# -gt 0 ]; then
		flock -w 30 "$1" true
	else
		"$PYTHON" -c 'import os, select, sys
try: select.select([os.pidfd_open(int(sys.argv[1]))], [], [], 30)
except ProcessLookupError: pass' "$pid"
	fi
}

# Two of them at a time: the one that is meant from here on.
at() { # NAME
	CTRL=$TMP/$1.ctrl DATA=$TMP/$1.data PID_FILE=$TMP/$1.pid
}

# Messages in hex, and what each is answered.
talk() { # SOCKET HEX...
	"$PYTHON" - "$@" <<-'END'
		import socket, sys
		s = socket.socket(socket.AF_UNIX)
		s.settimeout(30)
		s.connect(sys.argv[1])
		for message in sys.argv[2:]:
		    s.sendall(bytes.fromhex(message))
		    print(s.recv(4096).hex())
	END
}

# TPM commands on the data channel.
command() { # HEX...
	talk "$DATA" "$@"
}

control() { # HEX...
	talk "$CTRL" "$@"
}

# A state that cannot be opened: who wants it at once is refused, and else INIT
# fails, as often as it is asked, and the program stays.
INIT=0000000200000000
init_fails() { # DESCRIPTION PROGRAM TPMSTATE OPTION...
	ok "$1: $2 starts" serve "${@:2}"
	is "$1: INIT fails" "$(control $INIT $INIT | tr '\n' ' ')" "00000101 00000101 "
	ok "$1: it is there" ioctl -g
	ok "$1: it ends" end
}

# TPM2_Startup(CLEAR), then 128 octets of the RSA EK certificate, which tell one
# device from another.
STARTUP=80010000000c000001440000
READ_EK=8002000000230000014e4000000101c00002000000094000000900000000000080
READ_EK+=0000
device() {
	command $STARTUP "$READ_EK" | tail -n 1
}

is_device() { # DESCRIPTION WANT
	local have
	have=$(device)
	[[ $have == 8002* ]] || have=none
	is "$1" "${have:0:20}${have:28}" "${2:0:20}${2:28}"
}
