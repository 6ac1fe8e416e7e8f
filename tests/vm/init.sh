#!/bin/sh
# init.sh - the guest's first and only program: does what the host says.
#
# A line on the second serial port is a command for the shell.  What it prints
# goes back there, then "@@ STATUS".  The first line after a boot is "@@ ready".
# The kernel has the first serial port for itself.
/bin/busybox mount -t devtmpfs dev /dev
/bin/busybox mount -t proc proc /proc
/bin/busybox mount -t sysfs sys /sys
/bin/busybox mount -t securityfs security /sys/kernel/security
/bin/busybox --install -s /bin

export TPM2TOOLS_TCTI=device:/dev/tpm0 NO_COLOR=1
cd /tmp || exit 1
stty -F /dev/ttyS1 raw -echo
exec </dev/ttyS1 >/dev/ttyS1 2>&1
echo "@@ ready"
while IFS= read -r line; do
	(eval "$line") </dev/null
	echo "@@ $?"
done
