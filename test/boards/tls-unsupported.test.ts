/** A host that is built where mbedTLS is not: everything else works, and TLS says what to install. */
import { execFileSync } from "node:child_process";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import test from "ava";
import { CCompiler } from "../../runtime/c-compiler.ts";
import { tlsProbe } from "../../runtime/host-recipe.ts";
import { temporaryFolder } from "../runtime/device.ts";

const board = join(import.meta.dirname, "..", "..", "boards", "linux");

test("without mbedTLS a session is refused with the package to install", (t) => {
  const folder = temporaryFolder(t);
  writeFileSync(join(folder, "main.c"), `#include <stdio.h>\n#include "tls-session.h"\nint main(void) { assay_tls_error error; const assay_tls_options options = { .server = "localhost" }; const int is_refused = assay_tls_open(&options, &error) == NULL; printf("%d %s %s", is_refused, error.code, error.text); return 0; }\n`);
  execFileSync("gcc", ["-std=c99", "-D_POSIX_C_SOURCE=200809L", "-Wall", "-Wextra", "-Wconversion", "-Werror", `-I${board}`, join(folder, "main.c"), join(board, "tls-session.c"), "-o", join(folder, "main")]);
  t.is(execFileSync(join(folder, "main"), { encoding: "utf8" }), "1 TLS_UNSUPPORTED TLS: expected a host with mbedTLS, got one without; apt install libmbedtls-dev, then build again");
});

test("what a compiler does not find shows in a probe that fails, and the probe leaves nothing behind", async (t) => {
  const folder = temporaryFolder(t);
  const gcc = new CCompiler(folder, join(folder, "build"), "gcc", () => {});
  const empty = "int main(void) { return 0; }\n";
  const [libc = ""] = await gcc.findLibraries(["libc.a"], empty);
  t.regex(libc, /^\/.*\/libc\.a$/);
  t.deepEqual(await gcc.findLibraries(["libc.a", "libno-such-library.a"], empty), []);
  t.deepEqual(await gcc.findLibraries(["libc.a"], tlsProbe.source.replaceAll("mbedtls/", "no-such-folder/")), []);
  t.is(execFileSync("ls", [join(folder, "build")], { encoding: "utf8" }), "");
});
