/**
 * Debian packages (deb(5)): an `ar` archive of the format's version, a tar of what dpkg needs to know, and a tar of the files. The same input gives the same bytes. Pure.
 */
import { createHash } from "node:crypto";
import { gzipSync } from "node:zlib";
import { ARCHIVE_TIME, tar, type Entry } from "./tar.ts";

/** What is in a package. */
export interface DebianPackage {
  /** fields of the control file, in their order; a value may have lines of its own, which are indented here */
  readonly control: Readonly<Record<string, string>>;
  /** what is installed; paths relative to / */
  readonly files: readonly Entry[];
  /** those of the files, as absolute paths, that are the administrator's to change */
  readonly conffiles: readonly string[];
  /** shell scripts by the time when dpkg runs them: preinst, postinst, prerm, postrm */
  readonly scripts: Readonly<Record<string, string>>;
}

/** The header of gzip says which system wrote it (RFC 1952 §2.3.1): 255 is "unknown". */
const GZIP_SYSTEM_AT = 9;

function gzip(bytes: Uint8Array): Uint8Array {
  const packed = gzipSync(bytes, { level: 9 });
  packed[GZIP_SYSTEM_AT] = 255;
  return packed;
}

function arMember(name: string, bytes: Uint8Array): Uint8Array {
  const header = `${name.padEnd(16)}${String(ARCHIVE_TIME).padEnd(12)}${"0".padEnd(6)}${"0".padEnd(6)}${"100644".padEnd(8)}${String(bytes.length).padEnd(10)}\`\n`;
  return Buffer.concat([Buffer.from(header), bytes, Buffer.from(bytes.length % 2 === 0 ? "" : "\n")]);
}

/** A value of the control file: further lines begin with a space, empty ones are a dot (deb822(5)). */
function field(name: string, value: string): string {
  const [first = "", ...more] = value.split("\n");
  return [`${name}: ${first}`, ...more.map((line) => ` ${line.trim() === "" ? "." : line}`)].join("\n");
}

function text(path: string, mode: number, content: string): Entry {
  return { path, mode, bytes: Buffer.from(content) };
}

/** The package's bytes. */
export function debianPackage({ control, files, conffiles, scripts }: DebianPackage): Uint8Array {
  const contents = files.flatMap(({ path, bytes }) => (bytes === undefined ? [] : [{ path, bytes }])).sort((a, b) => (a.path < b.path ? -1 : 1));
  const sums = contents.filter(({ path }) => !conffiles.includes(`/${path}`)).map(({ path, bytes }) => `${createHash("md5").update(bytes).digest("hex")}  ${path}\n`);
  // Kilobytes, each file rounded up (deb-substvars(5)).
  const kilobytes = contents.reduce((total, { bytes }) => total + Math.ceil(bytes.length / 1024), 0);
  const lines = Object.entries({ ...control, "Installed-Size": String(kilobytes) }).map(([name, value]) => `${field(name, value)}\n`);
  const about = [
    text("control", 0o644, lines.join("")),
    text("md5sums", 0o644, sums.join("")),
    ...(conffiles.length === 0 ? [] : [text("conffiles", 0o644, `${conffiles.join("\n")}\n`)]),
    ...Object.entries(scripts).map(([name, script]) => text(name, 0o755, script)),
  ];
  return Buffer.concat([Buffer.from("!<arch>\n"), arMember("debian-binary", Buffer.from("2.0\n")), arMember("control.tar.gz", gzip(tar(about))), arMember("data.tar.gz", gzip(tar(files)))]);
}
