/**
 * The NOTICE of an image: whose work is in it, under which licence, and what that asks of who ships it. Texts come from the packages that the code came from, so that they are
 * those of the very versions.
 */
import { existsSync, readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";

/** Somebody's work in an image. */
export interface Component {
  readonly name: string;
  readonly version: string;
  /** SPDX expression */
  readonly licence: string;
  /** what is in the image, and what the licence asks of who ships it */
  readonly terms: string;
  /** the licence's text, or the notice that its files carry */
  readonly text: string;
}

const root = dirname(import.meta.dirname);

function packageOf(name: string): { folder: string; version: string } {
  const file = createRequire(import.meta.url).resolve(`${name}/package.json`);
  return { folder: dirname(file), version: (JSON.parse(readFileSync(file, "utf8")) as { version: string }).version };
}

/** The comment at the start of a C file, without its stars. */
function headOf(file: string): string {
  const [, comment = ""] = /^\/\*([\s\S]*?)\*\//.exec(readFileSync(file, "utf8")) ?? [];
  return comment.split("\n").map((line) => line.replace(/^ \* ?/, "").trimEnd()).join("\n").trim();
}

/** A licence that Debian keeps, or where it is to be read. */
function commonLicence(name: string, url: string): string {
  const file = join("/usr/share/common-licenses", name);
  return existsSync(file) ? readFileSync(file, "utf8").trim() : `The text of the licence: ${url}`;
}

/** The project's own code, and what of the app is not somebody else's. */
export function assay(): Component {
  const { version } = JSON.parse(readFileSync(join(root, "package.json"), "utf8")) as { version: string };
  return { name: "Assay", version, licence: "Apache-2.0", terms: "Keep this notice. The app and its model are their author's.", text: readFileSync(join(root, "LICENSE"), "utf8").trim() };
}

/** The XS engine. */
export function xs(): Component {
  const { folder, version } = packageOf("@agoric/xsnap");
  return {
    name: "XS, the JavaScript engine of the Moddable SDK",
    version: `as in @agoric/xsnap ${version}`,
    licence: "LGPL-3.0-or-later AND Apache-2.0",
    terms: [
      "Statically linked and unchanged. Who ships this image to others has to (LGPL-3.0 section 4): say that XS is in it and under which licence, and pass on this notice;",
      "give XS's source in the version that was used, or offer it in writing; and give what is needed to link the image again with a changed XS: the object files of the",
      "rest with the linker's script and command (`build/` has them after `assay build`), and on devices that people can have at home also what is needed to install it",
      "(section 4e), such as a way to flash it. A device that only takes signed firmware needs a way for its owner to do so.",
    ].join("\n"),
    text: `${headOf(join(folder, "moddable", "xs", "sources", "xsAPI.c"))}\n\n${commonLicence("LGPL-3", "https://www.gnu.org/licenses/lgpl-3.0.txt")}\n\n${commonLicence("GPL-3", "https://www.gnu.org/licenses/gpl-3.0.txt")}`,
  };
}

/** The curve's library. */
export function libsecp256k1(): Component {
  const { folder, version } = packageOf("secp256k1");
  return { name: "libsecp256k1", version: `as in secp256k1 ${version}`, licence: "MIT", terms: "Keep this notice.", text: readFileSync(join(folder, "src", "secp256k1", "COPYING"), "utf8").trim() };
}

/** What a Debian package brings into the image; its text is the package's copyright file. */
export function debianPackage(name: string, title: string, licence: string, terms: string): Component {
  const file = join("/usr/share/doc", name, "copyright");
  return { name: title, version: `Debian's ${name}`, licence, terms, text: existsSync(file) ? readFileSync(file, "utf8").trim() : `See ${file} where the package is installed.` };
}

/** The NOTICE of an image. */
export function notice(image: string, components: readonly Component[]): string {
  const line = "=".repeat(100);
  const list = components.map(({ name, version, licence }) => `  ${name} (${version}): ${licence}`);
  const parts = components.map(({ name, version, licence, terms, text }) => `${line}\n${name}\nversion: ${version}\nlicence: ${licence}\n\n${terms}\n\n${text}\n`);
  return `NOTICE for ${image}\n\nIn this image:\n\n${list.join("\n")}\n\n${parts.join("\n")}`;
}
