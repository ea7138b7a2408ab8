/** Packages for Linux boards: their bytes, what dpkg and systemd think of them, and the maintainer scripts. */
import { execFileSync, spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import test from "ava";
import { describeApp } from "../../boards/app-description.ts";
import linux from "../../boards/linux/definition.ts";
import { appPackage, debianVersion, DEFAULT_CONFIG } from "../../boards/linux-deb/app-package.ts";
import { debianPackage } from "../../boards/linux-deb/deb.ts";
import { oldestLibc6 } from "../../boards/linux-deb/depends.ts";
import { programNeeds } from "../../boards/linux-deb/elf.ts";
import { maintainerScripts } from "../../boards/linux-deb/maintainer-scripts.ts";
import { serviceNames } from "../../boards/linux-deb/service-names.ts";
import { tar } from "../../boards/linux-deb/tar.ts";
import { unitFile } from "../../boards/linux-deb/unit.ts";
import { hostBinaries, temporaryFolder } from "../runtime/device.ts";
import { testAsRoot, testWithPrograms } from "../requirements.ts";

const root = join(import.meta.dirname, "../..");
const example = join(root, "examples/machine-health/app.ts");
const text = (content: string): Uint8Array => new TextEncoder().encode(content);

async function packed(image = text("image")): Promise<ReturnType<typeof appPackage>> {
  const { device } = await hostBinaries();
  return appPackage({ names: serviceNames("machine-health"), version: "0.1.0", architecture: "amd64", device: new Uint8Array(readFileSync(device)), image, notice: "NOTICE" });
}

test("an app says its name and version itself; a file that is none is a clear error", async (t) => {
  t.deepEqual(await describeApp(example), { name: "machine-health", version: "0.1.0" });
  const folder = temporaryFolder(t);
  writeFileSync(join(folder, "app.ts"), "export default {};\n");
  await t.throwsAsync(describeApp(join(folder, "app.ts")), { code: "BUILD_FAILED", message: /expected .*app\.ts to export an app of defineApp by default, got:\n\{\}/ });
  writeFileSync(join(folder, "app.ts"), `throw new Error("broken");\nexport default {};\n`);
  await t.throwsAsync(describeApp(join(folder, "app.ts")), { code: "BUILD_FAILED", message: /broken/ });
});

test("the same input gives the same bytes, whatever the time; another image another version", async (t) => {
  const [first, again, other] = [await packed(), await packed(), await packed(text("another"))];
  t.deepEqual(first.bytes, again.bytes);
  t.is(first.fileName, again.fileName);
  t.not(first.version, other.version);
  t.regex(first.fileName, /^assay-machine-health_0\.1\.0\+[0-9a-f]{12}_amd64\.deb$/);
});

testWithPrograms(["dpkg-deb", "dpkg"], "dpkg reads the package: fields, scripts, owners, permissions, sums", async (t) => {
  const { bytes, fileName, version } = await packed();
  const folder = temporaryFolder(t);
  const file = join(folder, fileName);
  writeFileSync(file, bytes);
  const field = (name: string): string => execFileSync("dpkg-deb", ["--field", file, name], { encoding: "utf8" }).trim();
  t.is(field("Package"), "assay-machine-health");
  t.is(field("Version"), version);
  t.is(field("Architecture"), "amd64");
  t.regex(field("Depends"), /^libc6 \(>= 2\.\d+\), passwd$/);
  t.is(spawnSync("dpkg", ["--validate-version", version]).status, 0);
  const contents = execFileSync("dpkg-deb", ["--contents", file], { encoding: "utf8" }).trim().split("\n");
  t.true(contents.every((line) => line.includes(" root/root ") && line.includes(" 1980-01-01 ")));
  const shown = (path: string): string | undefined => contents.find((line) => line.endsWith(` ./${path}`))?.slice(0, 10);
  t.is(shown("usr/lib/assay/machine-health/assay-device"), "-rwxr-xr-x");
  t.is(shown("usr/lib/assay/machine-health/machine-health.xsa"), "-rw-r--r--");
  t.is(shown("etc/assay/machine-health.json"), "-rw-r-----");
  t.is(shown("usr/lib/systemd/system/assay-machine-health.service"), "-rw-r--r--");
  t.is(shown("usr/share/doc/assay-machine-health/NOTICE"), "-rw-r--r--");
  execFileSync("dpkg-deb", ["--raw-extract", file, join(folder, "raw")]);
  t.is(readFileSync(join(folder, "raw/DEBIAN/conffiles"), "utf8"), "/etc/assay/machine-health.json\n");
  t.is(readFileSync(join(folder, "raw/etc/assay/machine-health.json"), "utf8"), DEFAULT_CONFIG);
  execFileSync("md5sum", ["--check", "--quiet", "DEBIAN/md5sums"], { cwd: join(folder, "raw") });
  for (const script of ["postinst", "prerm", "postrm"]) t.is(spawnSync("sh", ["-n", join(folder, "raw/DEBIAN", script)]).status, 0, script);
});

testWithPrograms(["dpkg-deb"], "versions sort as dpkg sorts them: a pre-release before its release, and what is no version is made one", (t) => {
  const image = text("image");
  t.is(debianVersion("1.2.3", image), "1.2.3+6105d6cc76af");
  t.is(debianVersion("1.2.3-beta.1", image).split("+")[0], "1.2.3~beta.1");
  t.is(debianVersion("v1 (new)", image).split("+")[0], "0.v1..new.");
  t.is(debianVersion("", image).split("+")[0], "0.");
  for (const version of ["1.2.3", "1.2.3-beta.1", "v1 (new)", "", "ü", "1:2"]) t.is(spawnSync("dpkg", ["--validate-version", debianVersion(version, image)]).status, 0, version);
  t.is(spawnSync("dpkg", ["--compare-versions", debianVersion("1.0.0-beta", image), "lt", debianVersion("1.0.0", image)]).status, 0);
});

test("a user's name fits systemd, and two apps have two", (t) => {
  t.is(serviceNames("machine-health").user, "assay-machine-health");
  const [a, b] = [serviceNames(`${"a".repeat(31)}b`).user, serviceNames(`${"a".repeat(31)}c`).user];
  t.true(a.length <= 31 && b.length <= 31);
  t.not(a, b);
});

testWithPrograms(["tar"], "archives are read by tar: order, folders above files, modes, a file of every length", (t) => {
  const folder = temporaryFolder(t);
  const files = [0, 1, 511, 512, 513].map((length) => ({ path: `b/file-${length}`, mode: 0o640, bytes: new Uint8Array(length).fill(65) }));
  writeFileSync(join(folder, "x.tar"), tar([...files, { path: "a", mode: 0o755, bytes: text("a") }]));
  const listed = execFileSync("tar", ["--list", "--file", join(folder, "x.tar")], { encoding: "utf8" }).trim().split("\n");
  t.deepEqual(listed, ["./", "./a", "./b/", "./b/file-0", "./b/file-1", "./b/file-511", "./b/file-512", "./b/file-513"]);
  execFileSync("tar", ["--extract", "--file", join(folder, "x.tar"), "--directory", folder]);
  for (const { path, bytes } of files) t.deepEqual(new Uint8Array(readFileSync(join(folder, path))), bytes);
  t.throws(() => tar([{ path: "x".repeat(99), mode: 0o644, bytes: text("") }]), { instanceOf: RangeError });
});

testWithPrograms(["readelf", "gcc"], "what a program needs is what readelf says of it", async (t) => {
  const { device } = await hostBinaries();
  for (const file of [device, process.execPath]) {
    const needs = programNeeds(new Uint8Array(readFileSync(file)));
    const said = execFileSync("readelf", ["--dynamic", "--version-info", file], { encoding: "utf8", maxBuffer: 64 * 1024 * 1024, env: { ...process.env, LC_ALL: "C" } });
    t.deepEqual(needs.libraries, [...said.matchAll(/\(NEEDED\).*\[(.*)\]/g)].map(([, name]) => name));
    const versions = [...said.matchAll(/^ {2}0x[0-9a-f]+: {3}Name: (\S+)/gm)].map(([, name]) => name!);
    t.deepEqual(Object.values(needs.versions).flat().sort(), versions.sort());
  }
  t.throws(() => oldestLibc6(new Uint8Array(readFileSync(process.execPath))), { code: "BUILD_FAILED", message: /needs libraries of libc6 alone, got one that needs lib/ });
  t.throws(() => programNeeds(text("#!/bin/sh\n")), { instanceOf: TypeError });
  const cut = new Uint8Array(readFileSync(device)).subarray(0, 4096);
  t.throws(() => programNeeds(cut), { instanceOf: RangeError });
});

testWithPrograms(["systemd-analyze"], "systemd takes the unit, and finds little that it is exposed to", async (t) => {
  const folder = temporaryFolder(t);
  const names = serviceNames("machine-health");
  const unit = join(folder, names.unit);
  // verify wants the program to be there.
  writeFileSync(unit, unitFile(names, "1").replace(names.device, "/bin/true"));
  const verified = spawnSync("systemd-analyze", ["verify", "--man=no", unit], { encoding: "utf8" });
  // systemd 254 and newer knows the two that 252 ignores.
  const said = verified.stderr.split("\n").filter((line) => line !== "" && line.includes(names.unit) && !/Unknown key (name )?'Restart(Steps|MaxDelaySec)'/.test(line));
  t.deepEqual(said, []);
  const security = spawnSync("systemd-analyze", ["security", "--offline=true", "--threshold=20", "--no-pager", unit], { encoding: "utf8" });
  t.is(security.status, 0, security.stdout + security.stderr);
  t.regex(security.stdout, /Overall exposure level for assay-machine-health\.service: 1\.\d/);
});

/** A root file system that dpkg knows, and no more: scripts run outside of it, with DPKG_ROOT. */
function emptyRoot(): string {
  const folder = mkdtempSync(join(tmpdir(), "assay-root-"));
  for (const path of ["etc", "var/lib/dpkg/info", "var/lib/dpkg/updates", "var/lib/dpkg/triggers"]) mkdirSync(join(folder, path), { recursive: true });
  writeFileSync(join(folder, "etc/passwd"), "root:x:0:0:root:/root:/bin/sh\n");
  writeFileSync(join(folder, "etc/group"), "root:x:0:\ngpio:x:986:\naudio:x:29:\n");
  for (const name of ["shadow", "gshadow"]) writeFileSync(join(folder, "etc", name), "", { mode: 0o640 });
  writeFileSync(join(folder, "var/lib/dpkg/status"), "");
  return folder;
}

testAsRoot(["dpkg", "useradd", "usermod", "userdel"], "on a root file system that is being made, dpkg installs without starting anything, and a purge leaves nothing behind", async (t) => {
  const folder = emptyRoot();
  t.teardown(() => rmSync(folder, { recursive: true, force: true }));
  const { bytes, fileName } = await packed();
  const file = join(folder, fileName);
  writeFileSync(file, bytes);
  const dpkg = (...words: string[]): void => {
    const { status, stdout, stderr } = spawnSync("dpkg", [`--root=${folder}`, "--force-script-chrootless", "--force-depends", "--force-architecture", "--force-confold", ...words], { encoding: "utf8" });
    t.is(status, 0, stdout + stderr);
  };
  const read = (path: string): string => readFileSync(join(folder, path), "utf8");
  dpkg("--install", file);
  t.regex(read("etc/passwd"), /^assay-machine-health:x:\d+:\d+::\/nonexistent:\/usr\/sbin\/nologin$/m);
  t.regex(read("etc/group"), /^gpio:x:986:assay-machine-health$/m);
  t.regex(read("etc/group"), /^audio:x:29:assay-machine-health$/m);
  // The administrator's configuration stays, through an update too.
  writeFileSync(join(folder, "etc/assay/machine-health.json"), "{}");
  dpkg("--install", file);
  t.is(read("etc/assay/machine-health.json"), "{}");
  mkdirSync(join(folder, "var/lib/assay/machine-health"), { recursive: true });
  writeFileSync(join(folder, "var/lib/assay/machine-health/identity"), "key");
  dpkg("--remove", "assay-machine-health");
  t.is(read("var/lib/assay/machine-health/identity"), "key", "removing it keeps the key");
  dpkg("--purge", "assay-machine-health");
  t.notRegex(read("etc/passwd") + read("etc/group"), /assay/);
  t.is(spawnSync("find", [folder, "-name", "*machine-health*", "-not", "-name", "*.deb"], { encoding: "utf8" }).stdout, "");
});

test("the control file's fields of several lines are indented, and an empty line is a dot", (t) => {
  const bytes = Buffer.from(debianPackage({ control: { Package: "x", Description: "a\nb\n\nc" }, files: [], conffiles: [], scripts: {} }));
  t.is(bytes.subarray(0, 8).toString(), "!<arch>\n");
  t.is(bytes.subarray(68, 72).toString(), "2.0\n");
  t.is(Object.keys(maintainerScripts(serviceNames("x"))).join(), "postinst,prerm,postrm");
});

test("this machine is a board as well: a build runs in a folder, and says that a simulator it is", async (t) => {
  const output = temporaryFolder(t);
  const built = await linux.build(example, { output, progress: () => {} });
  t.is(built.ram.limit, 64 * 1024 * 1024);
  t.true(built.flash.parts.some(({ name, bytes }) => name === "XS" && bytes > 100_000));
  t.is(built.flash.parts.reduce((sum, { name, bytes }) => (name === "bytecode" || name === "models" ? sum : sum + bytes), 0), readFileSync(built.files["device"]!).length);
  t.regex(readFileSync(built.notice, "utf8"), /XS, the JavaScript engine[\s\S]*libsecp256k1/);
  const data = join(temporaryFolder(t), "board");
  const config = join(output, "config.json");
  writeFileSync(config, JSON.stringify({ provision: true }));
  const [signal, progress] = [new AbortController().signal, (): void => {}];
  await linux.flash(built, { data, config, signal, progress });
  const ids: string[] = [];
  for (let run = 0; run < 2; run++) {
    const lines: string[] = [];
    await linux.monitor({ data, signal, progress, onLine: (line) => lines.push(line) });
    ids.push((JSON.parse(lines[0]!) as { device: string }).device);
  }
  t.is(ids[0], ids[1]);
  await linux.flash(built, { data, erase: true, signal, progress });
  await linux.flash(built, { data, config, signal, progress });
  await linux.monitor({ data, signal, progress, onLine: (line) => ids.push((JSON.parse(line) as { device: string }).device) });
  t.not(ids[2], ids[0]);
  await t.throwsAsync(linux.monitor({ data: join(data, "none"), signal, progress, onLine: () => {} }), { code: "MONITOR_FAILED" });
  await t.throwsAsync(async () => linux.flash(built, { data, host: "pi.test", signal, progress }), { code: "BAD_OPTION", message: /one of --host and --data, got both/ });
});
