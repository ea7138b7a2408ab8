/** The set-up step of `npm start`, `npm test` and `npm run build`: XS and the device host for this machine, and the contracts. */
import { compileContracts } from "../contracts/compile.ts";
import { buildHost } from "../runtime/build.ts";
import { explain } from "./explain.ts";
import { progressLines } from "./progress.ts";

const progress = progressLines("assay: ");

try {
  // Two compilers that know nothing of each other.
  await Promise.all([buildHost({ progress }), compileContracts({ progress })]);
} catch (error) {
  process.stderr.write(`assay: ${explain(error)}\n`);
  process.exitCode = 1;
}
