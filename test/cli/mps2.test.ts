/** The emulated board from the command line, as a person uses it: build, flash, monitor. */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { BoardBuild } from "../../boards/board.ts";
import { mps2Programs } from "../boards/virtual-mps2.ts";
import { testWithPrograms } from "../requirements.ts";
import { assay } from "./assay.ts";

const app = join(import.meta.dirname, "..", "..", "examples", "vibration", "app.ts");

testWithPrograms(mps2Programs, "assay build, flash and monitor bring an app onto the emulated board, which says who it is", async (t) => {
  const folder = mkdtempSync(join(tmpdir(), "assay-cli-mps2-"));
  t.teardown(() => rmSync(folder, { recursive: true }));
  const [output, data, config] = [join(folder, "out"), join(folder, "board"), join(folder, "config.json")];

  const built = await assay("build", app, "--board", "mps2-an500", "--output", output, "--json");
  t.is(built.exitCode, 0, built.stderr);
  const { flash, ram, files, notice } = JSON.parse(built.stdout) as BoardBuild;
  for (const { parts, limit } of [flash, ram]) t.true(parts.reduce((sum, { bytes }) => sum + bytes, 0) <= limit!);
  t.deepEqual(["XS", "bytecode", "model"].filter((name) => !flash.parts.some((part) => part.name === name)), []);
  t.true(readFileSync(files["elf"]!).subarray(1, 4).equals(Buffer.from("ELF")));
  for (const licence of ["LGPL-3.0-or-later AND Apache-2.0", "libsecp256k1", "newlib", "GNU LESSER GENERAL PUBLIC LICENSE"]) t.true(readFileSync(notice, "utf8").includes(licence), licence);

  const absent = await assay("monitor", "--board", "mps2-an500", "--data", data);
  t.is(absent.exitCode, 1);
  t.regex(absent.stderr, /expected a flashed board in .*, found none; run assay flash --board mps2-an500 APP --data/);

  writeFileSync(config, '{ "provision": true, "broker": ');
  const broken = await assay("flash", app, "--board", "mps2-an500", "--data", data, "--config", config);
  t.is(broken.exitCode, 1);
  t.regex(broken.stderr, /expected JSON in .*config\.json, got: something else/);

  writeFileSync(config, JSON.stringify({ provision: true }));
  const flashed = await assay("flash", app, "--board", "mps2-an500", "--data", data, "--config", config);
  t.is(flashed.exitCode, 0, flashed.stderr);
  const [first, second] = [await assay("monitor", "--board", "mps2-an500", "--data", data, "--json"), await assay("monitor", "--board", "mps2-an500", "--data", data)];
  t.is(first.exitCode, 0, first.stderr);
  const { device } = JSON.parse(first.stdout) as { device: string };
  t.true(second.stdout.startsWith(`device ${device}, public key a40102200821`), "the key stays");

  const wrong = await assay("flash", app, "--board", "mps2-an500", "--host", "somebody@somewhere");
  t.is(wrong.exitCode, 1);
  t.regex(wrong.stderr, /expected --data DIR, the folder that stands for the board's flash/);
});
