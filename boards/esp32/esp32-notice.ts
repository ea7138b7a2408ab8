/** Whose work is in an ESP32's firmware. Licences are those of the folders that it was built from, where they are to be found there. */
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { assay, libsecp256k1, type Component } from "../notice.ts";

function text(file: string): string {
  return existsSync(file) ? readFileSync(file, "utf8").trim() : `See ${file} where it is installed.`;
}

/** XS and the modules of the SDK: TypeScript's output and bytecode come from the same folder. */
function moddable(folder: string, version: string): Component {
  const licences = join(folder, "licenses");
  return {
    name: "Moddable SDK: the JavaScript engine XS, and modules for network, TLS, storage, sensors",
    version,
    licence: "LGPL-3.0-or-later AND Apache-2.0",
    terms: [
      "Statically linked and unchanged. Who ships this image to others has to (LGPL-3.0 section 4): say that the SDK's runtime is in it and under which licence, and pass on this",
      "notice; give its source in the version that was used, or offer it in writing; and give what is needed to link the image again with a changed one: the object files of the",
      "rest and the build's files (below build/moddable/firmware), and on devices that people can have at home also what is needed to install it (section 4e). A device that only takes",
      "signed firmware needs a way for its owner to do so. XS's files carry Marvell's Apache-2.0 as well.",
    ].join("\n"),
    text: `${text(join(licences, "NOTICE"))}\n\n${text(join(licences, "lgpl-3.0.txt"))}\n\n${text(join(licences, "gpl-3.0.txt"))}`,
  };
}

/** An example of the SDK that is in the image: TLS on a socket. */
function tlsSocket(version: string): Component {
  return {
    name: "Moddable SDK: examples/io/tcp/tlssocket",
    version,
    licence: "CC-BY-4.0",
    terms: "Name the author: Moddable Tech, Inc., https://github.com/Moddable-OpenSource/moddable. It is unchanged.",
    text: "https://creativecommons.org/licenses/by/4.0/legalcode",
  };
}

/** ESP-IDF, and what it brings of others. */
function idf(folder: string): Component[] {
  const version = `as in ESP-IDF ${existsSync(join(folder, "version.txt")) ? readFileSync(join(folder, "version.txt"), "utf8").trim() : "v6.0"}`;
  const part = (name: string, licence: string, terms: string, ...path: string[]): Component => ({ name, version, licence, terms, text: text(join(folder, ...path)) });
  const keep = "Keep this notice.";
  return [
    part("ESP-IDF, with Espressif's libraries for Wi-Fi and radio", "Apache-2.0", keep, "LICENSE"),
    part("FreeRTOS kernel", "MIT", keep, "components", "freertos", "FreeRTOS-Kernel", "LICENSE.md"),
    part("lwIP", "BSD-3-Clause", keep, "components", "lwip", "lwip", "COPYING"),
    part("Mbed TLS (Wi-Fi's encryption)", "Apache-2.0", "Keep this notice. Taken under Apache-2.0.", "components", "mbedtls", "mbedtls", "LICENSE"),
    part("wpa_supplicant", "BSD-3-Clause", keep, "components", "wpa_supplicant", "COPYING"),
    part("newlib or picolibc, the C library", "BSD-3-Clause AND others", keep, "components", "newlib", "COPYING.NEWLIB"),
    { name: "libgcc and libstdc++, GCC's support libraries", version, licence: "GPL-3.0-or-later WITH GCC-exception-3.1", terms: "A program that GCC compiled may be passed on with them under any terms.", text: "https://www.gnu.org/licenses/gcc-exception-3.1.html" },
  ];
}

/**
 * The components of an image.
 *
 * @param idfFolder ESP-IDF, of a whole firmware; without it there is bytecode alone: no XS, no C
 */
export function esp32Components(sdk: { readonly folder: string; readonly version: string }, idfFolder: string | undefined): Component[] {
  const shared = [assay(), moddable(sdk.folder, sdk.version), tlsSocket(sdk.version)];
  return idfFolder === undefined ? shared : [...shared, libsecp256k1(), ...idf(idfFolder)];
}
