#!/usr/bin/env bash
# Called by the names of the reference simulators, with their command lines.
# shellcheck source=tests/interop/lib.sh
. "$(dirname "$0")/lib.sh"
needs tpm2_startup

ln -s "$ODCASIM" tpm_server
ln -s "$ODCASIM" tpm2-simulator

# These print no ready line that clients know of: try until the port answers.
answers() { # PORT
	local try
	for try in {1..200}; do
		(exec 3<>"/dev/tcp/127.0.0.1/$1") 2>/dev/null && return
		read -r -t 0.05 <> <(:)
	done
	echo "no answer on port $1 after $try tries"
	return 1
}

serve() { # DESCRIPTION PORT COMMAND...
	local description=$1 port=$2
	shift 2
	"$@" >"$TMP/server.out" 2>&1 </dev/null &
	PID=$!
	SERVERS+=("$PID")
	ok "$description: listens" answers "$port"
	export TPM2TOOLS_TCTI=mssim:host=127.0.0.1,port=$port
	ok "$description: startup" tpm2_startup -c
	ok "$description: getrandom" tpm2_getrandom -Q 8
}

end() {
	kill "$PID"
	wait "$PID"
	SERVERS=()
}

# A free pair of ports, as test suites find theirs.
free_port() {
	local port
	for port in $(shuf -i 20000-29998 -n 50); do
		(exec 3<>"/dev/tcp/127.0.0.1/$port") 2>/dev/null ||
			(exec 3<>"/dev/tcp/127.0.0.1/$((port + 1))") 2>/dev/null || {
			echo "$port"
			return
		}
	done
}

mkdir ibm microsoft
cd ibm || exit 1
port=$(free_port)
serve "tpm_server -rm" "$port" ../tpm_server -rm -port "$port"
ok "NVChip is in the working directory" test -s NVChip
ok "define an index" tpm2_nvdefine -Q -C o -s 4 -a 'ownerread|ownerwrite' 0x1500000
ok "write it" tpm2_nvwrite -Q -C o -i- 0x1500000 <<<abc
end
serve "tpm_server again" "$port" ../tpm_server -port "$port"
is "the state was kept" "$(tpm2_nvread -C o 0x1500000)" abc
end
serve "odcasim tpm_server -rm" "$port" "$ODCASIM" tpm_server -rm -port "$port"
fails "-rm starts anew" tpm2_nvread -C o 0x1500000
end

cd ../microsoft || exit 1
port=$(free_port)
serve "tpm2-simulator" "$port" ../tpm2-simulator "$port" -m
end

# The TCG's: picks ports and writes them into files.
../tpm2-simulator --pick_ports >"$TMP/server.out" 2>&1 </dev/null &
PID=$!
SERVERS+=("$PID")
for _ in {1..200}; do
	[ -s command.port ] && [ -s platform.port ] && break
	read -r -t 0.05 <> <(:)
done
is "--pick_ports: the platform port is the next one" \
	"$(cat platform.port)" "$(($(cat command.port) + 1))"
ok "--pick_ports: answers" answers "$(cat command.port)"
end
finish
