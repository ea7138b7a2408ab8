/** The manifest with which the Moddable SDK builds an app that has none of its own: Assay's, the app's files and its configuration. */
import { existsSync, mkdirSync, writeFileSync } from "node:fs";
import { basename, dirname, extname, join, relative, resolve, sep } from "node:path";
import { build, type BuildFailure } from "esbuild";
import { BoardError } from "../board-error.ts";

/** Which files an app consists of. */
interface AppFiles {
  /** absolute; TypeScript below the app's folder */
  readonly sources: string[];
  /** absolute; models and other files that the image carries as they are */
  readonly resources: string[];
}

const RESOURCE = /\.(tflite|bin)$/;
/** Its module comes with the board (common.json). */
const USUAL_MODEL = "model.tflite";

async function filesOf(app: string): Promise<AppFiles> {
  try {
    const { metafile } = await build({
      entryPoints: [app],
      absWorkingDir: dirname(app),
      bundle: true,
      metafile: true,
      write: false,
      format: "esm",
      platform: "neutral",
      logLevel: "silent",
      external: ["assay/*", "embedded:*", "timer", "mc/*"],
      loader: { ".tflite": "empty", ".bin": "empty" },
    });
    const inputs = Object.keys(metafile.inputs).map((path) => resolve(dirname(app), path));
    return { sources: inputs.filter((path) => path.endsWith(".ts")), resources: inputs.filter((path) => RESOURCE.test(path)) };
  } catch (cause) {
    const errors = (cause as BuildFailure).errors ?? [];
    throw new BoardError("BAD_APP", errors.length === 0 ? String(cause) : errors.map(({ text, location }) => `${location?.file ?? app}: ${text}`).join("\n"), { cause });
  }
}

/** The name under which a file is a module: its path below the app's folder. */
function nameOf(app: string, path: string): string {
  const name = relative(dirname(app), path).split(sep).join("/");
  if (name.startsWith("..")) throw new BoardError("BAD_APP", `expected the app's files below ${dirname(app)}, got ${path}`);
  return name;
}

/**
 * Writes a manifest for an app.
 *
 * @param root the checkout
 * @param folder where it goes; its name is the program's
 * @param config the device's configuration (`mc/config`): it becomes part of the image, secrets included
 * @returns its path
 * @throws BoardError `BAD_APP`
 */
export async function writeManifest(root: string, app: string, folder: string, config: Readonly<Record<string, unknown>>): Promise<string> {
  if (!existsSync(app)) throw new BoardError("BAD_APP", `expected an app at ${app}, got no file there`);
  const { sources, resources } = await filesOf(app);
  mkdirSync(folder, { recursive: true });
  const modules: Record<string, string> = {};
  for (const path of sources) modules[path === app ? "app" : nameOf(app, path).slice(0, -".ts".length)] = path.slice(0, -".ts".length);
  for (const path of resources) {
    const name = nameOf(app, path);
    if (name === USUAL_MODEL) continue;
    const module = join(folder, `${name.replaceAll("/", "-")}.js`);
    writeFileSync(module, `import Resource from "Resource";\nexport default new Resource(${JSON.stringify(basename(path))});\n`);
    modules[name] = module.slice(0, -".js".length);
  }
  const names = resources.map((path) => basename(path));
  const twice = names.find((name, index) => names.indexOf(name) !== index);
  if (twice !== undefined) throw new BoardError("BAD_APP", `expected one file of each name among models and binaries, got two ${twice}`);
  const path = join(folder, "manifest.json");
  const manifest = { include: [join(root, "manifest.json")], modules, data: { "*": resources.map((resource) => resource.slice(0, -extname(resource).length)) }, config };
  // It may hold passwords.
  writeFileSync(path, `${JSON.stringify(manifest, null, 2)}\n`, { mode: 0o600 });
  return path;
}
