/** A board of the command line that runs Linux with systemd and dpkg: builds a package for it, installs that over ssh. */
import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { buildApp } from "../../runtime/build.ts";
import { linuxModules, type Resource } from "../../runtime/bundle.ts";
import type { Target } from "../../runtime/target.ts";
import { describeApp } from "../app-description.ts";
import type { Board, BoardBuild, BoardStatus, ConnectionOptions, MemoryUse, Requirement } from "../board.ts";
import { BoardError } from "../board-error.ts";
import { checkModels } from "../model-memory.ts";
import { assay, debianPackage, libsecp256k1, notice, xs, type Component } from "../notice.ts";
import { program, require } from "../requirements.ts";
import { appPackage } from "./app-package.ts";
import { deviceBinary } from "./device-binary.ts";
import { flashOverSsh } from "./flash.ts";
import { localDevice, type LocalDevice } from "./local-device.ts";
import { monitorOverSsh } from "./monitor.ts";
import { serviceNames } from "./service-names.ts";
import { MEMORY_MAX } from "./unit.ts";

/** What one Linux board has that another has not. */
export interface LinuxBoardOptions {
  readonly name: string;
  readonly title: string;
  readonly chip: string;
  readonly status: BoardStatus;
  readonly target: Target;
  /** as dpkg calls the processor: arm64, armhf, amd64 */
  readonly architecture: string;
  readonly requirements: readonly Requirement[];
  /** the board is this machine: its builds also run here, in a folder (default false) */
  readonly here?: boolean;
}

const root = resolve(import.meta.dirname, "..", "..");

/** What the linker takes from Debian's archives, and whose it is. */
const LINKED: readonly { readonly part: string; readonly component: () => Component }[] = [
  { part: "TLS (Mbed TLS)", component: () => debianPackage("libmbedtls-dev", "Mbed TLS", "Apache-2.0 OR GPL-2.0-or-later", "Keep this notice. Taken under Apache-2.0.") },
  { part: "libgcc", component: () => debianPackage("gcc-12-base", "libgcc, GCC's support library", "GPL-3.0-or-later WITH GCC-exception-3.1", "A program that GCC compiled may be passed on with it under any terms.") },
];

/** Limits of XS that boards/linux/main.c sets by default, in bytes; a slot is four words. */
function heap(architecture: LinuxBoardOptions["architecture"]): MemoryUse["parts"] {
  const slot = architecture === "armhf" ? 16 : 32;
  return [
    { name: "XS slots", bytes: 32768 * slot },
    { name: "XS chunks", bytes: 512 * 1024 },
    { name: "XS stacks", bytes: 512 * 1024 + 1024 * slot },
  ];
}

async function build(board: LinuxBoardOptions, app: string, output: string | undefined, progress: (line: string) => void): Promise<BoardBuild> {
  require(board.name, board.requirements);
  const { name, version } = await describeApp(app, linuxModules);
  const folder = resolve(output ?? join(root, "build", board.name, name));
  mkdirSync(folder, { recursive: true });
  for (const old of readdirSync(folder).filter((file) => file.endsWith(".deb"))) rmSync(join(folder, old));
  progress(`building ${name} ${version} for ${board.title}`);
  let models: readonly number[] = [];
  const onResources = async (resources: readonly Resource[]): Promise<void> => {
    models = await checkModels("linux-service", resources.filter((resource) => resource.name.endsWith(".tflite")));
  };
  const image = await buildApp(app, { modules: linuxModules, output: join(folder, `${name}.xsa`), onResources, progress });
  const device = await deviceBinary(board.target, progress);
  const components = [assay(), xs(), libsecp256k1(), ...LINKED.flatMap(({ part, component }) => (device.parts.some(({ name: linked }) => linked === part) ? [component()] : []))];
  const text = notice(`${name} ${version} for ${board.title}`, components);
  const names = serviceNames(name);
  const packed = appPackage({ names, version, architecture: board.architecture, device: device.bytes, image: new Uint8Array(readFileSync(image.file)), notice: text });
  const files = { package: join(folder, packed.fileName), device: join(folder, "assay-device"), image: image.file, unit: join(folder, names.unit) };
  const noticeFile = join(folder, "NOTICE");
  writeFileSync(files.package, packed.bytes);
  writeFileSync(files.device, device.bytes, { mode: 0o755 });
  writeFileSync(files.unit, packed.unit);
  writeFileSync(noticeFile, text);
  return {
    board: board.name,
    folder,
    files,
    flash: { parts: [...device.parts, { name: "bytecode", bytes: image.codeBytes }, { name: "models", bytes: image.resourceBytes }], limit: undefined },
    ram: { parts: [...heap(board.architecture), { name: "image", bytes: image.codeBytes + image.resourceBytes }, { name: "model memory", bytes: models.reduce((sum, bytes) => sum + bytes, 0) }], limit: MEMORY_MAX },
    notice: noticeFile,
  };
}

/** Refuses options of other kinds of boards; says whether the board is meant that runs in a folder here. */
function way(board: LinuxBoardOptions, { host, port, baud, data }: ConnectionOptions): { readonly host: string } | { readonly data: string } {
  const wrong = port !== undefined ? "--port" : baud !== undefined ? "--baud" : data !== undefined && !board.here ? "--data" : undefined;
  if (wrong !== undefined) throw new BoardError("BAD_OPTION", `expected --host for board ${board.name}, got ${wrong}, which it does not have`);
  if (host !== undefined && data !== undefined) throw new BoardError("BAD_OPTION", "expected one of --host and --data, got both");
  if (host !== undefined) return { host };
  if (board.here) return { data: data ?? join(root, "build", board.name, "data") };
  throw new BoardError("BAD_OPTION", "expected --host user@address, got none");
}

/** Makes a board. */
export function linuxBoard(board: LinuxBoardOptions): Board {
  const ssh = program("ssh", "reaches the board (flash, monitor)", "openssh-client");
  const local = (data: string): LocalDevice => localDevice(resolve(data));
  return {
    name: board.name,
    title: board.title,
    chip: board.chip,
    ramBytes: undefined,
    flashBytes: undefined,
    status: board.status,
    requirements: [...board.requirements, ssh],
    build: async (app, { output, progress }) => build(board, app, output, progress),
    flash: async (made, options) => {
      const to = way(board, options);
      if ("data" in to) return local(to.data).flash(made, options);
      require(board.name, [ssh]);
      await flashOverSsh(made, { board: board.name, architecture: board.architecture }, { ...options, host: to.host });
    },
    monitor: async (options) => {
      const from = way(board, options);
      if ("data" in from) return local(from.data).monitor(options);
      require(board.name, [ssh]);
      await monitorOverSsh({ ...options, host: from.host });
    },
  };
}
