import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { delimiter, join } from "node:path";
import test from "ava";
import { CHIPS, type ChipName } from "../../boards/esp-flash/chips.ts";
import { provisionPlan, type ProvisionOptions } from "../../boards/esp-flash/provision-plan.ts";
import { provisionText } from "../../boards/esp-flash/provision-text.ts";
import { fakeEspefuse, type FakeEspefuse } from "../boards/fake-espefuse.ts";
import { openFakePty } from "../boards/fake-pty.ts";
import { FAKE_CHIPS, FakeRomLoader } from "../boards/fake-rom-loader.ts";
import { testWithProgram } from "../requirements.ts";
import { assay, jsonLines, startAssayWith, type Finished } from "./assay.ts";

const folder = mkdtempSync(join(tmpdir(), "assay-provision-cli-"));
test.after.always(() => rmSync(folder, { recursive: true, force: true }));

const [key, hmac, digest] = ["key.bin", "hmac.bin", "digest.bin"].map((name) => {
  writeFileSync(join(folder, name), new Uint8Array(32).fill(7));
  return join(folder, name);
}) as [string, string, string];

/** What is asked for on the command line, and the same for the plan; the ESP32 has no HMAC peripheral and no secure download mode. */
function everything(chip: ChipName): { words: string[]; options: ProvisionOptions } {
  const shared = ["--secure-boot", digest, "--flash-encryption", key, "--jtag", "off"];
  const options = { secureBoot: { digestFiles: [digest] }, flashEncryption: { keyFile: key, bits: 256 }, disableJtag: true } as const;
  if (chip === "esp32") return { words: [...shared, "--nvs-encryption", "flash-encryption", "--download", "off"], options: { ...options, nvsEncryption: { scheme: "flash-encryption" }, download: "off" } };
  return { words: [...shared, "--nvs-encryption", "hmac", "--nvs-key", hmac, "--download", "secure"], options: { ...options, nvsEncryption: { scheme: "hmac", keyFile: hmac }, download: "secure" } };
}

for (const chip of Object.keys(CHIPS) as ChipName[]) {
  test(`${chip}: a dry run, which is the default, prints the plan as text or JSON`, async (t) => {
    const { words, options } = everything(chip);
    const plan = provisionPlan({ chip, options });
    const text = await assay("provision", "--board", chip, ...words);
    t.deepEqual(text, { exitCode: 0, stdout: `${provisionText(plan)}\n`, stderr: "" });
    t.regex(text.stdout, /Nothing is burned by showing it/);
    const json = await assay("provision", "--board", chip, ...words, "--dry-run", "--json", "--port", "/dev/ttyNONE0");
    t.is(json.exitCode, 0, json.stderr);
    t.deepEqual(jsonLines(json.stdout) as unknown, [JSON.parse(JSON.stringify(plan))]);
  });
}

test("What makes no sense is refused, and says what would", async (t) => {
  const cases: readonly (readonly [words: string, message: RegExp])[] = [
    ["--download secure", /required option '--board <BOARD>'/],
    ["--board pi --download secure", /Allowed choices are esp32, esp32s3, esp32c3, esp32c6/],
    ["--board esp32s3", /^assay: expected something to lock/],
    ["--board esp32 --download secure", /^assay: expected the loader open or off on the ESP32/],
    [`--board esp32 --nvs-encryption hmac --nvs-key ${hmac}`, /has no HMAC peripheral/],
    ["--board esp32s3 --nvs-encryption hmac", /^assay: expected --nvs-encryption hmac and --nvs-key FILE together, got no --nvs-key/],
    [`--board esp32s3 --nvs-key ${hmac}`, /got --nvs-key without hmac/],
    ["--board esp32s3 --download off --flash-encryption-bits 512", /^assay: expected --flash-encryption FILE/],
    ["--board esp32s3 --download off --from 2", /^assay: expected --from with --burn, got a dry run/],
    ["--board esp32s3 --download off --burn --dry-run", /^assay: expected one of --dry-run and --burn, got both/],
    ["--board esp32s3 --download off --confirm yes", /unknown option '--confirm'/],
  ];
  for (const [words, message] of cases) {
    const { exitCode, stdout, stderr } = await assay("provision", ...words.split(" "));
    t.is(exitCode, 1, words);
    t.is(stdout, "", words);
    t.regex(stderr, message, words);
  }
});

/** Runs `assay provision --burn` against a board on a pseudo terminal; `typed` is what stdin holds. */
async function burn(chip: ChipName, typed: string | undefined, words: readonly string[], espefuse: FakeEspefuse, loader: ChipName = chip): Promise<Finished> {
  const board = new FakeRomLoader(FAKE_CHIPS[loader]);
  const pty = await openFakePty((bytes) => board.receive(bytes));
  try {
    const environment = { PATH: [espefuse.path, process.env["PATH"]].join(delimiter) };
    return await startAssayWith({ environment, ...(typed === undefined ? {} : { input: typed }) }, "provision", "--board", chip, "--burn", "--port", pty.path, ...words).finished;
  } finally {
    await pty.close();
  }
}

testWithProgram("socat", "--burn burns after the exact words on stdin, up to the step by hand, and goes on from there", async (t) => {
  const espefuse = fakeEspefuse(folder);
  const { words } = everything("esp32s3");
  const confirmation = "BURN esp32s3 f4:12:85:a1:b2:c3\n";
  const first = await burn("esp32s3", confirmation, words, espefuse);
  t.is(first.exitCode, 0, first.stderr);
  t.regex(first.stderr, /On \S+ is an ESP32-S3 with the MAC f4:12:85:a1:b2:c3\. What is burned can never be undone\. To burn, type: BURN esp32s3 f4:12:85:a1:b2:c3/);
  t.regex(first.stdout, /burned: steps 1, 2, 3, 4, 5; next, by hand: 6\. Flash the NVS partition.*; then go on with --burn --from 7\n$/);
  t.is(espefuse.calls().length, 5);
  t.regex(espefuse.calls()[0]!, new RegExp(`^--chip\\|esp32s3\\|--port\\|\\S+\\|--do-not-confirm\\|burn-key\\|BLOCK_KEY0\\|${key}\\|XTS_AES_128_KEY\\|$`));
  const second = await burn("esp32s3", confirmation, [...words, "--from", "8", "--json"], espefuse);
  t.is(second.exitCode, 0, second.stderr);
  t.like(jsonLines(second.stdout)[1], { burned: [8, 9, 10, 11, 12] });
  t.is(jsonLines(second.stdout).length, 2);
  t.is(espefuse.calls().length, 10);
});

testWithProgram("socat", "--burn burns nothing without those words, without anybody to type them, or on another chip", async (t) => {
  const espefuse = fakeEspefuse(folder);
  for (const typed of [undefined, "", "yes\n", "BURN esp32s3 f4:12:85:a1:b2:c4\n", "burn esp32s3 f4:12:85:a1:b2:c3\n"]) {
    const { exitCode, stderr } = await burn("esp32s3", typed, ["--download", "off"], espefuse);
    t.is(exitCode, 1);
    t.regex(stderr, /assay: expected "BURN esp32s3 f4:12:85:a1:b2:c3" to be typed, got something else; nothing was burned/, String(typed));
  }
  const other = await burn("esp32s3", "BURN esp32s3 7c:df:85:a1:b2:c3\n", ["--download", "off"], espefuse, "esp32c3");
  t.is(other.exitCode, 1);
  t.regex(other.stderr, /expected the ESP32-S3, but the board on \S+ has an ESP32-C3; nothing was burned/);
  t.deepEqual(espefuse.calls(), []);
});
