/**
 * What runs on the board. The login shell may be any usual one: each command is one word of POSIX shell in single quotes, so none has such a quote in it. Names are those of
 * service-names.ts (a–z, 0–9, "-"), so nothing needs to be escaped.
 */
import type { ServiceNames } from "./service-names.ts";

/** Exit code of {@link installScript} when it does not run as root. */
export const NO_ROOT = 77;

/** Says what the board is, in lines of NAME=VALUE. */
export function probeCommand(): string {
  return shell(`
echo "machine=$(uname -m)"
echo "architecture=$(dpkg --print-architecture 2>/dev/null)"
if [ "$(id -u)" = 0 ]; then echo root=yes; elif sudo -n true 2>/dev/null; then echo root=sudo; else echo root=no; fi
if [ -d /run/systemd/system ]; then echo systemd=yes; else echo systemd=no; fi
for place in /usr "\${TMPDIR:-/tmp}"; do df -Pk "$place" | { read -r _; read -r _ _ _ free _; echo "free=$free"; }; done
`);
}

/** Unpacks a tar from standard input into a folder that only this user can read, runs the script `install` in it as root, and removes it. */
export function installCommand(): string {
  return shell(`
umask 077
folder=$(mktemp -d) || exit 1
trap "rm -rf \\"$folder\\"" EXIT
trap "exit 1" HUP INT TERM
tar -x -o -f - -C "$folder" || exit 1
if [ "$(id -u)" = 0 ]; then sh "$folder/install" "$folder"; else sudo -n sh "$folder/install" "$folder"; fi
`);
}

/** The script `install`: what is beside it (package.deb, config.json, trace.csv) goes to its place. Its last line of output is the journal's cursor before. */
export function installScript(names: ServiceNames, options: { readonly erase: boolean }): string {
  const { config, trace, unit, data } = names;
  return `#!/bin/sh
set -e
[ "$(id -u)" = 0 ] || exit ${NO_ROOT}
cd "$1"
umask 022
export DEBIAN_FRONTEND=noninteractive
cursor=$(journalctl --quiet --lines=1 --output=cat --show-cursor | sed -n '$s/^-- cursor: //p')
${options.erase ? `if systemctl --quiet is-active ${unit}; then systemctl stop ${unit}; fi\nrm -rf ${data}\n` : ""}# Before the package, whose first start reads it. It is root's alone until the package has made the service's group.
for pair in config.json:${config} trace.csv:${trace}; do
  from=\${pair%%:*}
  to=\${pair#*:}
  if [ -e "$from" ]; then
    # open to all, since the service reads below it
    [ -d /etc/assay ] || mkdir -m 0755 /etc/assay
    cp "$from" "$to.new"
    mv "$to.new" "$to"
  fi
done
dpkg --install --force-confold package.deb >&2
echo "$cursor"
`;
}

/**
 * Follows a service's journal from a cursor on (empty: from its beginning), or from its last `lines`. A user who may not read it gets it by sudo.
 */
export function journalCommand(unit: string, from: { readonly cursor: string } | { readonly lines: number }): string {
  const start = "lines" in from ? `--lines=${from.lines}` : `--no-tail${from.cursor === "" ? "" : ` "--after-cursor=${from.cursor}"`}`;
  return shell(`
as=
if [ "$(id -u)" != 0 ] && sudo -n true 2>/dev/null; then as="sudo -n"; fi
exec $as journalctl --quiet --unit=${unit} --output=cat --follow ${start}
`);
}

/** The services of apps that are installed, one a line. */
export function servicesCommand(): string {
  return shell(`for unit in /usr/lib/systemd/system/assay-*.service; do [ -e "$unit" ] && basename "$unit" .service; done; true`);
}

function shell(script: string): string {
  if (script.includes("'")) throw new RangeError("expected a script without single quotes");
  return `sh -c '${script.trim()}'`;
}
