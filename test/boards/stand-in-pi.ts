/**
 * A Raspberry Pi for tests: a root file system below a temporary folder that an sshd of the test's own, on a loopback port, leads into by chroot(2).
 *
 * Real: ssh, sshd and their keys, the shell and its tools, dpkg with its database, dependency check and maintainer scripts, useradd, the users and permissions, and the
 * device's binary for Arm, which qemu-user runs as the service's user.
 * Stand-ins: `uname -m` and `dpkg --print-architecture` name the Pi's processor; `systemctl` does of the unit what these tests need (StateDirectory, User, ExecStart);
 * `journalctl` reads the file into which that writes; /proc is not there, so the app plays a recording.
 */
import { execFileSync, spawn } from "node:child_process";
import { chmodSync, copyFileSync, existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, realpathSync, rmSync, statSync, symlinkSync, writeFileSync } from "node:fs";
import { createServer, type AddressInfo } from "node:net";
import { tmpdir, userInfo } from "node:os";
import { basename, dirname, join } from "node:path";
import type { ExecutionContext } from "ava";
import { programPath } from "../requirements.ts";

/** A kind of Pi. */
export interface PiKind {
  /** as dpkg calls it */
  readonly architecture: "arm64" | "armhf";
  /** as uname calls it */
  readonly machine: string;
  /** qemu-user for it, and where Debian's cross packages have its libraries */
  readonly emulator: string;
  readonly libraries: string;
}

export const PI: PiKind = { architecture: "arm64", machine: "aarch64", emulator: "qemu-aarch64", libraries: "/usr/aarch64-linux-gnu" };
export const PI_ARMHF: PiKind = { architecture: "armhf", machine: "armv7l", emulator: "qemu-arm", libraries: "/usr/arm-linux-gnueabihf" };

/** Programs that a Pi's tests need on this machine, beside those that every Debian has. */
export function piPrograms(kind: PiKind): string[] {
  return ["ssh", "sshd", "ssh-keygen", "dpkg", "useradd", "setpriv", "chroot", kind.emulator, kind.architecture === "arm64" ? "aarch64-linux-gnu-gcc" : "arm-linux-gnueabihf-gcc"];
}

const TOOLS = [
  ...["sh", "env", "cat", "cp", "mv", "rm", "rmdir", "mkdir", "mktemp", "chmod", "chown", "ls", "id", "sed", "grep", "tail", "wc", "head", "df", "basename", "sleep", "date", "touch", "true", "tar", "gzip"],
  ...["diff", "dpkg", "dpkg-deb", "dpkg-split", "dpkg-query", "ldconfig", "start-stop-daemon", "getent", "useradd", "usermod", "userdel", "groupdel", "setpriv"],
];

/** The stand-in for `systemctl`: one service, whose output goes to the file that `journalctl` reads. */
const SYSTEMCTL = `#!/bin/sh
echo "$*" >> /var/log/systemctl
case "$1" in --quiet|--no-block) shift;; esac
action=$1
for unit; do :; done
pid=/run/$unit.pid
stop() {
  [ -e $pid ] || return 0
  kill -TERM $(cat $pid)
  for i in 1 2 3 4 5 6 7 8 9 10; do kill -0 $(cat $pid) 2>/dev/null || break; sleep 1; done
  rm -f $pid
}
setting() { sed -n "s/^$1=//p" /usr/lib/systemd/system/$unit | head -n 1; }
case "$action" in
  is-active) [ -e $pid ];;
  stop|disable) stop;;
  restart)
    stop
    user=$(setting User)
    folder=/var/lib/$(setting StateDirectory)
    mkdir -p "$folder"
    chmod "$(setting StateDirectoryMode)" "$folder"
    chown "$user:$user" "$folder"
    setpriv --reuid="$user" --regid="$user" --init-groups --inh-caps=-all /usr/bin/EMULATOR -L LIBRARIES $(setting ExecStart) >> /var/log/journal 2>&1 </dev/null &
    echo $! > $pid
    ;;
esac
`;

/** The stand-in for \`journalctl\`: cursors are lengths of its file. */
const JOURNALCTL = `#!/bin/sh
lines=all
follow=
for word; do
  case "$word" in
    --show-cursor) tail -n 1 /var/log/journal; echo "-- cursor: i=$(wc -c < /var/log/journal)"; exit;;
    --lines=*) lines="-n \${word#*=}";;
    --after-cursor=*) lines="-c +$((\${word#*=i=} + 1))";;
    --no-tail) [ "$lines" = all ] && lines="-c +1";;
    --follow) follow=-f;;
  esac
done
exec tail $lines $follow /var/log/journal
`;

/** A running Pi. */
export interface StandInPi {
  /** its root file system */
  readonly root: string;
  /** for `--host`, and for `--ssh-config` */
  readonly host: string;
  readonly sshConfig: string;
  /** the program that the Pi runs by that name is this script from now on */
  replace(program: string, script: string): void;
  /** what \`systemctl\` was asked for, a line each */
  asked(): string[];
  /** processes of its services end */
  stopServices(): Promise<void>;
}

function copyProgram(root: string, path: string): void {
  const copy = (file: string): void => {
    const to = join(root, file);
    if (existsSync(to)) return;
    mkdirSync(dirname(to), { recursive: true });
    copyFileSync(realpathSync(file), to);
    chmodSync(to, statSync(file).mode);
  };
  copy(path);
  const said = execFileSync("sh", ["-c", 'ldd "$1" 2>&1 || true', "sh", path], { encoding: "utf8" });
  for (const [, library] of said.matchAll(/(?:=> )?(\/\S+) \(0x/g)) copy(library!);
}

/** A root file system in which dpkg works, and nothing else. */
function buildRoot(root: string, kind: PiKind): void {
  for (const folder of ["usr/bin", "usr/sbin", "usr/lib", "usr/lib64", "etc", "dev", "run/systemd/system", "var/log", "var/lib/dpkg/info", "var/lib/dpkg/updates", "var/lib/dpkg/triggers", "usr/lib/systemd/system"]) mkdirSync(join(root, folder), { recursive: true });
  for (const link of ["bin", "sbin", "lib", "lib64"]) symlinkSync(`usr/${link}`, join(root, link));
  mkdirSync(join(root, "tmp"));
  chmodSync(join(root, "tmp"), 0o1777);
  for (const tool of [...TOOLS, kind.emulator]) copyProgram(root, programPath(tool)!);
  for (const name of readdirSync(join(kind.libraries, "lib")).filter((file) => /^(ld-linux|libc|libm|libdl|libpthread|libgcc_s)[.-].*so/.test(file))) {
    mkdirSync(join(root, kind.libraries, "lib"), { recursive: true });
    copyFileSync(realpathSync(join(kind.libraries, "lib", name)), join(root, kind.libraries, "lib", name));
    chmodSync(join(root, kind.libraries, "lib", name), 0o755);
  }
  const write = (path: string, text: string, mode = 0o644): void => writeFileSync(join(root, path), text, { mode });
  write("dev/null", "", 0o666);
  chmodSync(join(root, "dev/null"), 0o666);
  write("etc/passwd", "root:x:0:0:root:/root:/bin/sh\n");
  // Not all of the groups that Raspberry Pi OS has: a service has to do with those that are there.
  write("etc/group", "root:x:0:\ndialout:x:20:\ngpio:x:986:\ni2c:x:994:\n");
  write("etc/shadow", "root:*:19000:0:99999:7:::\n", 0o640);
  write("etc/gshadow", "root:*::\n", 0o640);
  write("var/log/journal", "");
  write("var/log/systemctl", "");
  const has = (name: string, version: string, architecture: string): string => `Package: ${name}\nStatus: install ok installed\nMaintainer: test\nArchitecture: ${architecture}\nMulti-Arch: ${architecture === "all" ? "foreign" : "same"}\nVersion: ${version}\nDescription: test\n\n`;
  write("var/lib/dpkg/status", has("libc6", "2.36-9", kind.architecture) + has("passwd", "1:4.13", "all"));
  // To dpkg, which is this machine's, the Pi's processor is a foreign one that it has packages of.
  write("var/lib/dpkg/arch", `${execFileSync("dpkg", ["--print-architecture"], { encoding: "utf8" })}${kind.architecture}\n`);
}

/** Builds a Pi and starts its sshd; all of it goes away with the test. Root is needed for chroot(2) and for users of the Pi's own. */
export async function startPi(t: ExecutionContext, kind: PiKind): Promise<StandInPi> {
  const folder = mkdtempSync(join(tmpdir(), "assay-pi-"));
  const root = join(folder, "root");
  mkdirSync(root);
  buildRoot(root, kind);
  const replace = (program: string, script: string): void => {
    const path = join(root, "usr/bin", program);
    rmSync(path, { force: true });
    writeFileSync(path, script, { mode: 0o755 });
  };
  copyFileSync(join(root, "usr/bin/dpkg"), join(root, "usr/bin/dpkg.real"));
  chmodSync(join(root, "usr/bin/dpkg.real"), 0o755);
  replace("dpkg", `#!/bin/sh\nif [ "$1" = --print-architecture ]; then echo ${kind.architecture}; else exec dpkg.real "$@"; fi\n`);
  replace("uname", `#!/bin/sh\necho ${kind.machine}\n`);
  replace("systemctl", SYSTEMCTL.replace("EMULATOR", basename(kind.emulator)).replace("LIBRARIES", kind.libraries));
  replace("journalctl", JOURNALCTL);

  const keygen = (file: string): void => void execFileSync("ssh-keygen", ["-q", "-t", "ed25519", "-N", "", "-C", "test", "-f", file]);
  const at = (name: string): string => join(folder, name);
  keygen(at("host-key"));
  keygen(at("user-key"));
  copyFileSync(at("user-key.pub"), at("authorized-keys"));
  const port = await freePort();
  // The command runs on the Pi: nothing of this machine but its kernel and its network.
  writeFileSync(at("on-the-pi"), `#!/bin/sh\nexec chroot ${root} /usr/bin/env -i PATH=/usr/sbin:/usr/bin HOME=/ sh -c "$SSH_ORIGINAL_COMMAND"\n`, { mode: 0o755 });
  writeFileSync(
    at("sshd-config"),
    `Port ${port}\nListenAddress 127.0.0.1\nHostKey ${at("host-key")}\nPidFile none\nAuthorizedKeysFile ${at("authorized-keys")}\nStrictModes no\nUsePAM no\nPermitRootLogin yes\nPasswordAuthentication no\nKbdInteractiveAuthentication no\nForceCommand ${at("on-the-pi")}\n`,
  );
  writeFileSync(at("known-hosts"), `pi.test ${readFileSync(at("host-key.pub"), "utf8")}`);
  writeFileSync(
    at("ssh-config"),
    `Host pi.test\nHostName 127.0.0.1\nPort ${port}\nHostKeyAlias pi.test\nUserKnownHostsFile ${at("known-hosts")}\nGlobalKnownHostsFile /dev/null\nStrictHostKeyChecking yes\nIdentityFile ${at("user-key")}\nIdentitiesOnly yes\nIdentityAgent none\n`,
  );
  // Where sshd starts without a service manager, nobody has made the folder that it locks itself into.
  mkdirSync("/run/sshd", { recursive: true, mode: 0o755 });
  const sshd = spawn(programPath("sshd")!, ["-D", "-e", "-f", at("sshd-config")], { stdio: ["ignore", "ignore", "pipe"] });
  let said = "";
  sshd.stderr.on("data", (text: Buffer) => (said += text.toString()));
  const ended = new Promise<void>((resolve) => sshd.once("close", () => resolve()));
  const stopServices = async (): Promise<void> => {
    for (const file of readdirSync(join(root, "run")).filter((name) => name.endsWith(".pid"))) {
      const pid = Number(readFileSync(join(root, "run", file), "utf8"));
      if (existsSync(`/proc/${pid}`)) process.kill(pid, "SIGKILL");
      rmSync(join(root, "run", file));
      while (existsSync(`/proc/${pid}`) && !/^State:\tZ/m.test(readFileSync(`/proc/${pid}/status`, "utf8"))) await new Promise((resolve) => setTimeout(resolve, 20));
    }
  };
  t.teardown(async () => {
    sshd.kill("SIGTERM");
    await ended;
    await stopServices();
    rmSync(folder, { recursive: true, force: true });
  });
  for (let patience = 0; !said.includes("Server listening"); patience++) {
    if (sshd.exitCode !== null || patience > 1000) throw new Error(`expected sshd to listen, got:\n${said}`);
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  return {
    root,
    host: `${userInfo().username}@pi.test`,
    sshConfig: at("ssh-config"),
    replace,
    asked: () => readFileSync(join(root, "var/log/systemctl"), "utf8").split("\n").filter((line) => line !== ""),
    stopServices,
  };
}

async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  await new Promise<void>((resolve) => server.close(() => resolve()));
  return port;
}
