/** Tests with the Moddable SDK, which is no package of npm: skipped, saying so, where the environment does not name it. */
import { existsSync } from "node:fs";
import { join } from "node:path";
import test, { type ExecutionContext } from "ava";

const sdk = process.env["MODDABLE"];
const idf = process.env["IDF_PATH"];

/** Declares a test that runs the SDK's tools. */
export function testWithModdable(title: string, body: (t: ExecutionContext, sdk: string) => void | Promise<void>): void {
  if (sdk === undefined || sdk === "") test.skip(`${title} (skipped: MODDABLE is not set)`, () => {});
  else test(title, (t) => body(t, sdk));
}

/** Declares a test that needs ESP-IDF as well. */
export function testWithIdf(title: string, body: (t: ExecutionContext) => void | Promise<void>): void {
  if (idf === undefined || !existsSync(join(idf, "tools", "idf.py"))) test.skip(`${title} (skipped: IDF_PATH does not name ESP-IDF)`, () => {});
  else testWithModdable(title, body);
}
