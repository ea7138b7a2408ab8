/** TypeScript of an app → one JavaScript module (ES2022) that imports nothing, its source lines and its resources. */
import { existsSync } from "node:fs";
import { join, relative, resolve } from "node:path";
import { build, type BuildFailure, type Message, type Plugin } from "esbuild";
import { RuntimeError } from "./runtime-error.ts";
import { inlineConstants } from "./inline-constants.ts";
import { sourceLines, type SourceLines } from "./source-lines.ts";

/** A file that the image carries as it is. */
export interface Resource {
  name: string;
  /** absolute path */
  file: string;
}

/** What becomes an image. */
export interface Bundle {
  code: string;
  lines: SourceLines;
  resources: Resource[];
  /** TypeScript files in the bundle, relative to the checkout */
  sources: string[];
}

/** The modules that a board supplies: specifier → path of a TypeScript file, absolute or relative to the checkout. */
export type BoardModules = Readonly<Record<string, string>>;

/** Modules whose C side every board has, so that they are the same on all. */
export const deviceModules: BoardModules = {
  timer: "runtime/device/timer.ts",
  "mc/config": "runtime/device/config.ts",
  "embedded:io/socket/tcp": "runtime/device/tcp.ts",
  "embedded:storage/flash": "runtime/device/flash.ts",
  "assay/board": "runtime/device/board.ts",
  "assay/board/tcp": "runtime/device/tcp.ts",
  "assay/trace": "runtime/device/trace.ts",
};

/** The modules of Linux boards, the simulator among them. */
export const linuxModules: BoardModules = {
  ...deviceModules,
  "embedded:storage/key-value": "boards/linux/device/key-value.ts",
  "embedded:io/digital": "boards/linux/device/digital.ts",
  "embedded:io/i2c": "boards/linux/device/i2c.ts",
  "embedded:io/serial": "boards/linux/device/serial.ts",
  "embedded:io/smbus": "boards/linux/device/smbus.ts",
  "embedded:io/socket/udp": "boards/linux/device/udp.ts",
  "embedded:io/spi": "boards/linux/device/spi.ts",
  "assay/board/tls": "boards/linux/device/tls.ts",
  "assay/board/accelerometer": "boards/linux/device/accelerometer.ts",
  "assay/board/environment": "boards/linux/device/environment.ts",
};

/** `assay/x` is `modules/x/x.ts`; `assay/x/y` is `modules/x/y.ts`. */
function modulePath(root: string, specifier: string): string {
  const [, ...names] = specifier.split("/");
  const [module = "", ...rest] = names;
  return join(root, "modules", module, `${rest.length === 0 ? module : rest.join("/")}.ts`);
}

function resolver(root: string, modules: BoardModules, resources: Resource[]): Plugin {
  return {
    name: "device modules",
    setup(bundler) {
      bundler.onResolve({ filter: /^(timer|mc\/|embedded:|assay\/)/ }, ({ path: specifier }) => {
        const board = modules[specifier];
        const path = board !== undefined ? resolve(root, board) : specifier.startsWith("assay/") ? modulePath(root, specifier) : undefined;
        if (path === undefined) return { errors: [{ text: `expected a module of the board (${Object.keys(modules).join(", ")}), got ${specifier}` }] };
        if (!existsSync(path)) return { errors: [{ text: `expected ${specifier} at ${relative(root, path)}, got no file there` }] };
        // Whoever imports a module for its types or one function does not want the rest.
        return { path, sideEffects: false };
      });
      bundler.onLoad({ filter: /\.(tflite|bin)$/ }, ({ path }) => {
        const name = relative(root, path);
        resources.push({ name, file: path });
        return { contents: `export default native("xs_resource_open")(${JSON.stringify(name)});`, loader: "js" };
      });
    },
  };
}

function describe(message: Message): string {
  const { location, text } = message;
  return location ? `${location.file}:${location.line}:${location.column}: ${text}` : text;
}

/**
 * Bundles `entry`.
 * @param script run `entry` as it is; else its default export is an app that `assay/app/run` runs
 * @param modules what the board supplies
 * @throws RuntimeError `BUNDLE_FAILED`, with a line per error
 */
export async function bundle(root: string, entry: string, script: boolean, modules: BoardModules): Promise<Bundle> {
  const resources: Resource[] = [];
  const absolute = resolve(root, entry);
  if (!existsSync(absolute)) throw new RuntimeError("BUNDLE_FAILED", `expected an app at ${entry}, got no file there`);
  const main = `import app from ${JSON.stringify(absolute)};\nimport { run } from "assay/app/run";\nrun(app);\n`;
  try {
    const { outputFiles, metafile } = await build({
      ...(script ? { entryPoints: [absolute] } : { stdin: { contents: main, resolveDir: root, sourcefile: "main" } }),
      absWorkingDir: root,
      outfile: join(root, "bundle.js"),
      write: false,
      bundle: true,
      metafile: true,
      format: "esm",
      platform: "neutral",
      target: "es2022",
      treeShaking: true,
      charset: "utf8",
      legalComments: "none",
      sourcemap: "external",
      sourcesContent: false,
      logLevel: "silent",
      // The settings of the project, whatever lies above the entry.
      tsconfigRaw: { compilerOptions: { target: "es2022", useDefineForClassFields: true, verbatimModuleSyntax: true } },
      plugins: [resolver(root, modules, resources)],
    });
    const map = outputFiles.find(({ path }) => path.endsWith(".map"));
    const code = outputFiles.find(({ path }) => path.endsWith(".js"));
    if (map === undefined || code === undefined) throw new RuntimeError("BUNDLE_FAILED", `expected a bundle and its map from esbuild, got ${outputFiles.length} files`);
    const used = Object.values(metafile.outputs).flatMap(({ inputs }) => Object.entries(inputs).flatMap(([path, { bytesInOutput }]) => (bytesInOutput > 0 ? [path] : [])));
    return { code: inlineConstants(code.text), lines: sourceLines(map.text), resources, sources: [...new Set(used)].filter((path) => path.endsWith(".ts")).sort() };
  } catch (error) {
    if (error instanceof RuntimeError) throw error;
    const errors = (error as BuildFailure).errors ?? [];
    if (errors.length === 0) throw error;
    throw new RuntimeError("BUNDLE_FAILED", errors.map(describe).join("\n"), { cause: error });
  }
}
