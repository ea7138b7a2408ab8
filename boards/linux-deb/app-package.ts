/** An app with the runtime as a Debian package: what lies where on the board. Pure. */
import { createHash } from "node:crypto";
import { debianPackage } from "./deb.ts";
import { oldestLibc6 } from "./depends.ts";
import { maintainerScripts } from "./maintainer-scripts.ts";
import type { ServiceNames } from "./service-names.ts";
import { unitFile } from "./unit.ts";

/** What is packed. */
export interface AppPackageInput {
  readonly names: ServiceNames;
  /** the app's own version */
  readonly version: string;
  /** as dpkg calls the processor: arm64, armhf, amd64 */
  readonly architecture: string;
  /** assay-device for it */
  readonly device: Uint8Array;
  /** the app's image */
  readonly image: Uint8Array;
  /** licences of all that is in it */
  readonly notice: string;
}

/** A package. */
export interface AppPackage {
  /** as Debian names such a file */
  readonly fileName: string;
  readonly version: string;
  readonly bytes: Uint8Array;
  /** the unit in it */
  readonly unit: string;
}

/** The configuration until somebody gives another: a broker on the board itself. */
export const DEFAULT_CONFIG = `${JSON.stringify({ broker: { host: "127.0.0.1", port: 1883 } }, null, 2)}\n`;

/** A version as dpkg takes it (deb-version(7)): the app's own, and which image it is, as boot statements say it (the first 12 digits of the firmware's digest). */
export function debianVersion(version: string, image: Uint8Array): string {
  const taken = version.replace(/[^A-Za-z0-9.+~-]/g, ".").replace(/-/g, "~");
  const upstream = /^[0-9]/.test(taken) ? taken : `0.${taken}`;
  return `${upstream}+${createHash("sha256").update(image).digest("hex").slice(0, 12)}`;
}

/** Packs an app. @throws BoardError `BUILD_FAILED` if the binary needs more than libc6 */
export function appPackage({ names, version, architecture, device, image, notice }: AppPackageInput): AppPackage {
  const debian = debianVersion(version, image);
  const unit = unitFile(names, debian);
  const documents = `usr/share/doc/${names.package}`;
  const at = (path: string): string => path.slice(1);
  const bytes = debianPackage({
    control: {
      Package: names.package,
      Version: debian,
      Architecture: architecture,
      Maintainer: `${names.package} <root@localhost>`,
      Section: "misc",
      Priority: "optional",
      Depends: `libc6 (>= ${oldestLibc6(device)}), passwd`,
      Description: `Assay app ${names.app}\nReads a sensor, runs a model on its samples, signs each result and sends it by MQTT.\nConfiguration: ${names.config}. Keys and statements: ${names.data}.`,
    },
    files: [
      { path: at(names.device), mode: 0o755, bytes: device },
      { path: at(names.image), mode: 0o644, bytes: image },
      { path: at(names.config), mode: 0o640, bytes: Buffer.from(DEFAULT_CONFIG) },
      { path: `usr/lib/systemd/system/${names.unit}`, mode: 0o644, bytes: Buffer.from(unit) },
      { path: `${documents}/NOTICE`, mode: 0o644, bytes: Buffer.from(notice) },
      { path: `${documents}/copyright`, mode: 0o644, bytes: Buffer.from(`${names.package}: the app and its model are their author's. Licences of all else that is in this package are in NOTICE beside this file.\n`) },
    ],
    conffiles: [names.config],
    scripts: maintainerScripts(names),
  });
  return { fileName: `${names.package}_${debian}_${architecture}.deb`, version: debian, bytes, unit };
}
