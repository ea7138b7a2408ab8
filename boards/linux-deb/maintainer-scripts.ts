/**
 * What dpkg runs when an app's package comes and goes. They also work on a root file system that is being made (`dpkg --root=… --force-script-chrootless`, DPKG_ROOT):
 * then nothing is started.
 */
import type { ServiceNames } from "./service-names.ts";

/** Groups whose members may use what sensors hang on; Raspberry Pi OS and Debian have them, not each of them everywhere. */
const GROUPS = ["gpio", "i2c", "spi", "dialout", "audio"];

const RUNNING = '[ -z "$DPKG_ROOT" ] && [ -d /run/systemd/system ]';

function postinst({ user, unit, config, trace }: ServiceNames): string {
  return `#!/bin/sh
set -e
DPKG_ROOT="\${DPKG_ROOT:-}"
prefix=\${DPKG_ROOT:+--prefix}

known() {
  if [ -z "$DPKG_ROOT" ]; then getent "$1" "$2" >/dev/null; else grep -q "^$2:" "$DPKG_ROOT/etc/$1"; fi
}

if [ "$1" = configure ]; then
  known passwd ${user} || useradd $prefix \${DPKG_ROOT:+"$DPKG_ROOT"} --system --user-group --no-create-home --home-dir /nonexistent --shell /usr/sbin/nologin ${user}
  for group in ${GROUPS.join(" ")}; do
    if known group "$group"; then usermod $prefix \${DPKG_ROOT:+"$DPKG_ROOT"} --append --groups "$group" ${user}; fi
  done
  # It may hold a broker's password: for root and the service.
  gid=$(sed -n 's/^${user}:[^:]*:\\([0-9]*\\):.*/\\1/p' "$DPKG_ROOT/etc/group")
  for file in ${config} ${trace}; do
    if [ -e "$DPKG_ROOT$file" ]; then
      chown "0:$gid" "$DPKG_ROOT$file"
      chmod 0640 "$DPKG_ROOT$file"
    fi
  done
  if ${RUNNING}; then
    systemctl daemon-reload
    # An administrator who has disabled it wants it so after an update too.
    if [ -z "$2" ]; then systemctl enable ${unit}; fi
    # Not waited for: an app that does not start (a wrong configuration) is in the journal, and no fault of the package.
    systemctl --no-block restart ${unit}
  fi
fi
`;
}

function prerm({ unit }: ServiceNames): string {
  return `#!/bin/sh
set -e
DPKG_ROOT="\${DPKG_ROOT:-}"
if [ "$1" = remove ] && ${RUNNING}; then
  systemctl disable --now ${unit}
fi
`;
}

function postrm({ package: name, user, data, trace }: ServiceNames): string {
  return `#!/bin/sh
set -e
DPKG_ROOT="\${DPKG_ROOT:-}"
prefix=\${DPKG_ROOT:+--prefix}
if [ "$1" = purge ]; then
  if [ -d "$DPKG_ROOT${data}" ]; then
    echo "${name}: removing ${data}: the device's key, its boot record and the statements that nobody has yet. What is installed here next is another device."
    rm -rf "$DPKG_ROOT${data}"
  fi
  rm -f "$DPKG_ROOT${trace}"
  rmdir --ignore-fail-on-non-empty "$DPKG_ROOT/var/lib/assay" "$DPKG_ROOT/etc/assay" 2>/dev/null || true
  if grep -q "^${user}:" "$DPKG_ROOT/etc/passwd"; then userdel $prefix \${DPKG_ROOT:+"$DPKG_ROOT"} ${user}; fi
  # Its group goes with it where login.defs says so.
  if grep -q "^${user}:" "$DPKG_ROOT/etc/group"; then groupdel $prefix \${DPKG_ROOT:+"$DPKG_ROOT"} ${user}; fi
fi
if [ "$1" = remove ] && ${RUNNING}; then
  systemctl daemon-reload
fi
`;
}

/** The scripts by their names in a package. */
export function maintainerScripts(names: ServiceNames): Record<string, string> {
  return { postinst: postinst(names), prerm: prerm(names), postrm: postrm(names) };
}
