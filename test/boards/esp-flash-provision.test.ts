import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import test from "ava";
import { burnPlan, confirmationText, type BurnOptions } from "../../boards/esp-flash/burn-plan.ts";
import { CHIPS, type ChipName } from "../../boards/esp-flash/chips.ts";
import { FlashError } from "../../boards/esp-flash/flash-error.ts";
import { provisionPlan, type ProvisionOptions, type ProvisionPlan } from "../../boards/esp-flash/provision-plan.ts";
import { provisionText } from "../../boards/esp-flash/provision-text.ts";
import { fakeEspefuse } from "./fake-espefuse.ts";

const folder = mkdtempSync(join(tmpdir(), "assay-provision-"));
test.after.always(() => rmSync(folder, { recursive: true, force: true }));

const [key, hmac, digest] = ["key.bin", "hmac.bin", "digest.bin"].map((name) => {
  writeFileSync(join(folder, name), new Uint8Array(32).fill(7));
  return join(folder, name);
}) as [string, string, string];

const ALL: ProvisionOptions = { secureBoot: { digestFiles: [digest] }, flashEncryption: { keyFile: key }, nvsEncryption: { scheme: "hmac", keyFile: hmac }, download: "secure" };
const MAC = "24:6f:28:00:00:01";

function commands(chip: ChipName, options: ProvisionOptions): string[] {
  return provisionPlan({ chip, options }).steps.map(({ command, title }) => (command.length === 0 ? `(${title})` : command.join(" ")));
}

test("The ESP32 is locked with its own eFuses, in the order that Espressif documents", (t) => {
  t.deepEqual(commands("esp32", { ...ALL, nvsEncryption: { scheme: "flash-encryption" }, download: "off" }), [
    `burn-key flash_encryption ${key}`,
    "burn-efuse FLASH_CRYPT_CONFIG 15 FLASH_CRYPT_CNT 127",
    "burn-efuse DISABLE_DL_ENCRYPT 1 DISABLE_DL_DECRYPT 1 DISABLE_DL_CACHE 1 JTAG_DISABLE 1",
    "write-protect-efuse DIS_CACHE",
    "(Flash the partition of subtype nvs_keys, encrypted with the board's key, unless the program makes its keys at its first start)",
    "(Flash the board's images: signed, then encrypted with the board's key, each for its offset)",
    `burn-key secure_boot_v2 ${digest}`,
    "burn-efuse ABS_DONE_1 1",
    "burn-efuse CONSOLE_DEBUG_DISABLE 1",
    "write-protect-efuse RD_DIS",
    "burn-efuse UART_DOWNLOAD_DIS 1",
    `(Delete ${key} from the host)`,
  ]);
});

test("The ESP32-S3 is locked with key purposes, an HMAC key for NVS, revoked slots and secure download mode", (t) => {
  t.deepEqual(commands("esp32s3", ALL), [
    `burn-key BLOCK_KEY0 ${key} XTS_AES_128_KEY`,
    "burn-efuse SPI_BOOT_CRYPT_CNT 7",
    `burn-key BLOCK_KEY1 ${hmac} HMAC_UP`,
    "burn-efuse DIS_DOWNLOAD_MANUAL_ENCRYPT 1 DIS_DOWNLOAD_ICACHE 1 DIS_DOWNLOAD_DCACHE 1 DIS_DIRECT_BOOT 1 SOFT_DIS_JTAG 7 DIS_PAD_JTAG 1 DIS_USB_JTAG 1",
    "write-protect-efuse DIS_ICACHE",
    `(Flash the NVS partition, encrypted with the keys that come from ${hmac})`,
    "(Flash the board's images: signed, then encrypted with the board's key, each for its offset)",
    `burn-key BLOCK_KEY2 ${digest} SECURE_BOOT_DIGEST0`,
    "burn-efuse SECURE_BOOT_EN 1",
    "burn-efuse SECURE_BOOT_AGGRESSIVE_REVOKE 1 SECURE_BOOT_KEY_REVOKE1 1 SECURE_BOOT_KEY_REVOKE2 1",
    "write-protect-efuse RD_DIS",
    "burn-efuse ENABLE_SECURITY_DOWNLOAD 1",
    `(Delete ${key} and ${hmac} from the host)`,
  ]);
});

test("The C3 and the C6 have no data cache to lock; the ESP32-S3 takes AES-256 in two blocks", (t) => {
  for (const chip of ["esp32c3", "esp32c6"] as const) {
    const text = commands(chip, ALL).join("\n");
    t.true(text.includes("DIS_DOWNLOAD_ICACHE 1 DIS_DIRECT_BOOT 1 SOFT_DIS_JTAG 7"), chip);
    t.false(text.includes("DCACHE"), chip);
  }
  const [first, , , , , , boot] = provisionPlan({ chip: "esp32s3", options: { ...ALL, nvsEncryption: undefined as never, flashEncryption: { keyFile: key, bits: 512 } } }).steps;
  t.deepEqual(first!.efuses.filter(({ name }) => !name.endsWith("_DIS")).map(({ name, value }) => [name, name.startsWith("KEY_PURPOSE") ? value : "key"]), [["BLOCK_KEY0", "key"], ["KEY_PURPOSE_0", "XTS_AES_256_KEY_1"], ["BLOCK_KEY1", "key"], ["KEY_PURPOSE_1", "XTS_AES_256_KEY_2"]]);
  t.deepEqual(first!.keyFiles, [{ path: key, bytes: 64 }]);
  t.deepEqual(boot?.command, ["burn-efuse", "SECURE_BOOT_EN", "1"]);
});

test("Whatever is asked of whichever chip: keys that must not be read come before read protections are closed, and the loader comes last", (t) => {
  for (const chip of Object.keys(CHIPS) as ChipName[]) {
    for (const secureBoot of [undefined, { digestFiles: [digest] }]) {
      for (const flashEncryption of [undefined, { keyFile: key }]) {
        for (const nvs of chip === "esp32" ? [undefined] : [undefined, { scheme: "hmac" as const, keyFile: hmac }]) {
          for (const download of chip === "esp32" ? (["open", "off"] as const) : (["open", "secure", "off"] as const)) {
            const options = { ...(secureBoot && { secureBoot }), ...(flashEncryption && { flashEncryption }), ...(nvs && { nvsEncryption: nvs }), download, disableJtag: true };
            const { steps } = provisionPlan({ chip, options });
            const burns = steps.filter(({ kind }) => kind === "burn");
            const at = (pattern: RegExp): number => burns.findIndex(({ command }) => pattern.test(command.join(" ")));
            const closed = at(/write-protect-efuse RD_DIS/);
            t.is(closed >= 0, secureBoot !== undefined);
            for (const secret of [at(/XTS_AES|burn-key flash_encryption/), at(/HMAC_UP/)]) if (closed >= 0) t.true(secret < closed);
            if (download !== "open") t.regex(burns.at(-1)!.command.join(" "), /(UART_DOWNLOAD_DIS|ENABLE_SECURITY_DOWNLOAD|DIS_DOWNLOAD_MODE) 1$/);
            // Every field is burned once, and every step that burns says what cannot be undone.
            const names = burns.flatMap(({ efuses }) => efuses.map(({ name, value }) => (name.endsWith("R_DIS") || name === "RD_DIS" ? `${name} ${value}` : name)));
            // What is secret is closed to reading, and digests are not.
            for (const { efuses } of burns) for (const { name, block, value } of efuses) if (/^BLOCK/.test(name)) t.is(efuses.some((guard) => guard.name === "RD_DIS" && guard.value === `the bit of ${block}`), value.startsWith("the key in "));
            t.deepEqual(names, [...new Set(names)]);
            t.true(burns.every(({ consequence, efuses }) => consequence !== "" && efuses.length > 0));
            t.deepEqual(steps.map(({ order }) => order), steps.map((_, index) => index + 1));
          }
        }
      }
    }
  }
});

test("What a chip cannot do, and nothing at all, are BAD_OPTION", (t) => {
  const cases: readonly (readonly [ChipName, ProvisionOptions])[] = [
    ["esp32s3", {}],
    ["esp32s3", { download: "open", disableJtag: false }],
    ["esp32", { nvsEncryption: { scheme: "hmac", keyFile: hmac } }],
    ["esp32", { secureBoot: { digestFiles: [digest, digest] } }],
    ["esp32s3", { secureBoot: { digestFiles: [] } }],
    ["esp32s3", { secureBoot: { digestFiles: [digest, digest, digest, digest] } }],
    ["esp32c3", { flashEncryption: { keyFile: key, bits: 512 } }],
    ["esp32", { download: "secure" }],
    ["esp32s3", { nvsEncryption: { scheme: "flash-encryption" }, secureBoot: { digestFiles: [digest] } }],
    ["esp32s3", { flashEncryption: { keyFile: "--force-write-always" } }],
  ];
  for (const [chip, options] of cases) t.throws(() => provisionPlan({ chip, options }), { instanceOf: FlashError, code: "BAD_OPTION" }, JSON.stringify([chip, options]));
});

test("The text names every eFuse with block, bits and value, what cannot be undone, and the commands; no key is in it or in the JSON", (t) => {
  const plan = provisionPlan({ chip: "esp32c6", options: ALL });
  const text = provisionText(plan, "/dev/ttyACM0");
  for (const { efuses, consequence } of plan.steps) {
    for (const { name, value } of efuses) t.true(text.includes(name) && text.includes(value));
    t.true(text.includes(consequence));
  }
  t.true(text.includes("SPI_BOOT_CRYPT_CNT (BLOCK0), 3 bits = 0x7: "));
  t.true(text.includes("espefuse --chip esp32c6 --port /dev/ttyACM0 burn-efuse SECURE_BOOT_EN 1"));
  t.true(text.startsWith("Plan for an ESP32-C6: 13 steps, "));
  t.deepEqual(JSON.parse(JSON.stringify(plan)), plan);
  t.false(`${text}${JSON.stringify(plan)}`.includes("0707"));
});

const plan: ProvisionPlan = provisionPlan({ chip: "esp32s3", options: ALL });

function burning(path: string, changes: Partial<BurnOptions> = {}): BurnOptions {
  return { plan, port: "/dev/ttyFAKE0", burn: true, confirmation: confirmationText(plan, MAC), mac: MAC, path, identify: async () => ({ chip: "esp32s3", mac: MAC }), ...changes };
}

test("With burn and the typed confirmation, espefuse gets each step's arguments, up to the step by hand, and after it to the end", async (t) => {
  const espefuse = fakeEspefuse(folder);
  const [shown, said]: [string[], string[]] = [[], []];
  const first = await burnPlan(burning(espefuse.path, { onStep: (_, command) => shown.push(command.join(" ")), onLine: (line) => said.push(line) }));
  t.deepEqual(first.burned, [1, 2, 3, 4, 5]);
  t.is(first.byHand?.order, 6);
  t.is(espefuse.calls()[0], `--chip|esp32s3|--port|/dev/ttyFAKE0|--do-not-confirm|burn-key|BLOCK_KEY0|${key}|XTS_AES_128_KEY|`);
  t.is(shown[1], `${join(espefuse.path, "espefuse")} --chip esp32s3 --port /dev/ttyFAKE0 --do-not-confirm burn-efuse SPI_BOOT_CRYPT_CNT 7`);
  t.deepEqual(said, new Array<string>(5).fill("Successful"));
  const second = await burnPlan(burning(espefuse.path, { from: 8 }));
  t.deepEqual(second.burned, [8, 9, 10, 11, 12]);
  t.is(second.byHand?.order, 13);
  t.deepEqual(await burnPlan(burning(espefuse.path, { from: 7 })), { burned: [], byHand: plan.steps[6] });
  t.is(espefuse.calls().length, 10);
  t.is(espefuse.calls().at(-1), "--chip|esp32s3|--port|/dev/ttyFAKE0|--do-not-confirm|burn-efuse|ENABLE_SECURITY_DOWNLOAD|1|");
});

test("Without burn, or with anything else typed, nothing is burned", async (t) => {
  const espefuse = fakeEspefuse(folder);
  await t.throwsAsync(burnPlan(burning(espefuse.path, { burn: false })), { instanceOf: FlashError, code: "NOT_CONFIRMED" });
  for (const typed of ["", "BURN", "yes", `burn esp32s3 ${MAC}`, `BURN esp32c3 ${MAC}`, "BURN esp32s3 24:6f:28:00:00:02", `BURN esp32s3 ${MAC} `]) await t.throwsAsync(burnPlan(burning(espefuse.path, { confirmation: typed })), { instanceOf: FlashError, code: "NOT_CONFIRMED" }, typed);
  t.deepEqual(espefuse.calls(), []);
});

test("Another board than was confirmed, a key file of another length, a step that is none: nothing is burned", async (t) => {
  const espefuse = fakeEspefuse(folder);
  await t.throwsAsync(burnPlan(burning(espefuse.path, { identify: async () => ({ chip: "esp32c3", mac: MAC }) })), { code: "WRONG_CHIP" });
  await t.throwsAsync(burnPlan(burning(espefuse.path, { identify: async () => ({ chip: "esp32s3", mac: "24:6f:28:00:00:02" }) })), { code: "WRONG_CHIP" });
  await t.throwsAsync(burnPlan(burning(espefuse.path, { identify: async () => ({ chip: "esp32s3", mac: undefined }) })), { code: "WRONG_CHIP" });
  const short = join(folder, "short.bin");
  writeFileSync(short, new Uint8Array(31));
  for (const keyFile of [short, join(folder, "none.bin")]) await t.throwsAsync(burnPlan(burning(espefuse.path, { plan: provisionPlan({ chip: "esp32s3", options: { flashEncryption: { keyFile } } }) })), { code: "BAD_OPTION", message: /nothing was burned/ });
  await t.throwsAsync(burnPlan(burning(espefuse.path, { from: 14 })), { code: "BAD_OPTION" });
  await t.throwsAsync(burnPlan(burning(espefuse.path, { port: "--virt" })), { code: "BAD_OPTION" });
  t.deepEqual(espefuse.calls(), []);
});

test("Without espefuse, or with that of esptool 4 only, it says how to install it", async (t) => {
  await t.throwsAsync(burnPlan(burning("/nowhere")), { instanceOf: FlashError, code: "NO_PROGRAM", message: /got none; install it with: pip install "esptool>=5"/ });
  await t.throwsAsync(burnPlan(burning(fakeEspefuse(folder, "espefuse.py").path)), { code: "NO_PROGRAM", message: /espefuse\.py, which is older/ });
});

test("When espefuse fails, the rest is not tried, and the error says what was carried out", async (t) => {
  const espefuse = fakeEspefuse(folder, "espefuse", "HMAC_UP");
  await t.throwsAsync(burnPlan(burning(espefuse.path)), { instanceOf: FlashError, code: "PROGRAM_FAILED", message: /step 3 .* got exit code 2: A fatal error occurred; carried out before: steps 1, 2; see what is burned with: espefuse --port \/dev\/ttyFAKE0 summary/ });
  t.is(espefuse.calls().length, 3);
});
