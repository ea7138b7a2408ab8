/**
 * What would be burned into a chip to lock it: secure boot version 2, flash encryption, encrypted NVS, JTAG and the loader. A pure function from options to steps; `burn-plan.ts` carries them out.
 *
 * The order is that of ESP-IDF, "Security Features Enablement Workflows", whose reason is repeated where it matters: keys that must not be read need their read protection before the table of read
 * protections is itself closed, which secure boot does; and the loader is locked last, since espefuse needs it.
 */
import { CHIPS, type ChipName } from "./chips.ts";
import { EFUSES, type EfuseFact, type EfuseFacts } from "./efuses.ts";
import { FlashError, hex } from "./flash-error.ts";

/** What to lock. Keys are named by their files, which hold them as raw bytes; their contents are never in a plan. */
export interface ProvisionOptions {
  /** digests of the public signing keys, 32 bytes each (`espsecure digest-sbv2-public-key`): one on the ESP32, one to three on later chips */
  readonly secureBoot?: { readonly digestFiles: readonly string[] };
  /** a key of 256 bits, or on the ESP32-S3 of 512, for this board alone */
  readonly flashEncryption?: { readonly keyFile: string; readonly bits?: 256 | 512 };
  /** NVS: by a key of 256 bits for the HMAC peripheral, or by a key partition that flash encryption protects */
  readonly nvsEncryption?: { readonly scheme: "hmac"; readonly keyFile: string } | { readonly scheme: "flash-encryption" };
  /** burn JTAG off (default true when secure boot or flash encryption is on) */
  readonly disableJtag?: boolean;
  /** the loader: as it is (default), only writing flash, or off */
  readonly download?: "open" | "secure" | "off";
}

/** A field as a step burns it. */
export interface PlannedEfuse {
  readonly name: string;
  readonly block: string;
  readonly bits: number;
  /** a number, or for keys what is burned there: never the key itself */
  readonly value: string;
  readonly meaning: string;
}

/** One step. Steps that burn have the arguments for espefuse, without port and chip; others are for people. */
export interface ProvisionStep {
  /** from 1 on */
  readonly order: number;
  readonly title: string;
  readonly kind: "burn" | "by hand";
  readonly efuses: readonly PlannedEfuse[];
  /** what can never be undone; empty where nothing is burned */
  readonly consequence: string;
  /** of espefuse */
  readonly command: readonly string[];
  /** files with keys that the command reads, and their length in bytes */
  readonly keyFiles: readonly { readonly path: string; readonly bytes: number }[];
  /** where Espressif documents it */
  readonly source: string;
}

/** All of it. */
export interface ProvisionPlan {
  readonly chip: ChipName;
  readonly steps: readonly ProvisionStep[];
  /** what else must be known */
  readonly notes: readonly string[];
}

const WORKFLOWS = "ESP-IDF, Security Features Enablement Workflows";
const [FLASH_ENCRYPTION, SECURE_BOOT, NVS_HMAC, NVS_FLASH] = ["Enable Flash Encryption Externally", "Enable Secure Boot v2 Externally", "Enable NVS Encryption Based on HMAC", "Enable NVS Encryption Based on Flash Encryption"].map((section) => `${WORKFLOWS}, ${section}`) as [string, string, string, string];

/** A step before it has its place. */
type Draft = Partial<Omit<ProvisionStep, "order">> & { readonly title: string; readonly source: string };

/**
 * The steps, in their order.
 * @throws FlashError `BAD_OPTION` if the chip cannot do what is asked, or nothing is asked
 */
export function provisionPlan({ chip, options }: { readonly chip: ChipName; readonly options: ProvisionOptions }): ProvisionPlan {
  const facts = EFUSES[chip];
  const { secureBoot, flashEncryption, nvsEncryption, download = "open" } = options;
  const locked = secureBoot !== undefined || flashEncryption !== undefined;
  const jtag = options.disableJtag ?? locked;
  check(chip, facts, options);
  const free = [...facts.keyBlocks];
  const drafts: Draft[] = [];
  // BLOCK_KEY5 cannot hold a key of flash encryption (soc_caps.h, SOC_EFUSE_BLOCK9_KEY_PURPOSE_QUIRK), so these keys take the first blocks.
  if (flashEncryption !== undefined) drafts.push(...encryptionSteps(facts, flashEncryption, free));
  // Must not be readable either, so it comes before secure boot closes the read protections.
  const nvsBlock = nvsEncryption?.scheme === "hmac" ? free.shift() : undefined;
  if (nvsEncryption?.scheme === "hmac") drafts.push(hmacStep(nvsEncryption.keyFile, nvsBlock!));
  const locks = [...(flashEncryption === undefined ? [] : facts.encryptionLocks), ...(jtag ? facts.jtagLocks : [])];
  if (locks.length > 0) drafts.push(burnEfuses(`Lock ${[...(flashEncryption === undefined ? [] : ["what would get around flash encryption"]), ...(jtag ? ["JTAG"] : [])].join(" and ")}`, locks, flashEncryption === undefined ? SECURE_BOOT : FLASH_ENCRYPTION));
  if (flashEncryption !== undefined) drafts.push(protect(facts.locksGuard.name, facts.locksGuard.protects, "the locks can never be changed, nor the fields that share their protection", FLASH_ENCRYPTION));
  if (nvsEncryption?.scheme === "flash-encryption") drafts.push({ title: "Flash the partition of subtype nvs_keys, encrypted with the board's key, unless the program makes its keys at its first start", source: NVS_FLASH });
  if (nvsEncryption?.scheme === "hmac") drafts.push({ title: `Flash the NVS partition, encrypted with the keys that come from ${nvsEncryption.keyFile}`, source: NVS_HMAC });
  if (locked) drafts.push({ title: `Flash the board's images: ${[...(secureBoot === undefined ? [] : ["signed"]), ...(flashEncryption === undefined ? [] : ["encrypted with the board's key, each for its offset"])].join(", then ")}`, source: flashEncryption === undefined ? SECURE_BOOT : FLASH_ENCRYPTION });
  if (secureBoot !== undefined) drafts.push(...bootSteps(facts, secureBoot.digestFiles, free, new Set(locks.map(({ name }) => name))));
  if (download !== "open") {
    const last = download === "secure" ? facts.download.secure! : facts.download.off;
    drafts.push(burnEfuses(download === "secure" ? "Let the loader only write flash" : "Switch the loader off", [last], flashEncryption === undefined ? SECURE_BOOT : FLASH_ENCRYPTION));
  }
  const secrets = [...(flashEncryption === undefined ? [] : [flashEncryption.keyFile]), ...(nvsEncryption?.scheme === "hmac" ? [nvsEncryption.keyFile] : [])];
  if (secrets.length > 0) drafts.push({ title: `Delete ${secrets.join(" and ")} from the host`, source: flashEncryption === undefined ? NVS_HMAC : FLASH_ENCRYPTION });
  return { chip, steps: drafts.map((draft, index) => ({ order: index + 1, kind: draft.command === undefined ? "by hand" : "burn", efuses: [], consequence: "", command: [], keyFiles: [], ...draft })), notes: notesOf(chip, options, nvsBlock) };
}

function check(chip: ChipName, facts: EfuseFacts, { secureBoot, flashEncryption, nvsEncryption, disableJtag, download = "open" }: ProvisionOptions): void {
  const { title } = CHIPS[chip];
  const bad = (message: string): FlashError => new FlashError("BAD_OPTION", message);
  if (secureBoot === undefined && flashEncryption === undefined && nvsEncryption?.scheme !== "hmac" && disableJtag !== true && download === "open") throw bad("expected something to lock: secure boot, flash encryption, NVS encryption, JTAG or the loader");
  if (secureBoot !== undefined && (secureBoot.digestFiles.length < 1 || secureBoot.digestFiles.length > facts.digestSlots)) throw bad(`expected ${facts.digestSlots === 1 ? "one digest" : "one to three digests"} of signing keys on the ${title}, got ${secureBoot.digestFiles.length}`);
  if (flashEncryption?.bits === 512 && !facts.aes256) throw bad(`expected a flash encryption key of 256 bits on the ${title}, got 512; only the ESP32-S3 of these chips has AES-256`);
  if (nvsEncryption?.scheme === "hmac" && !facts.hmac) throw bad(`expected NVS encryption by flash encryption on the ${title}, which has no HMAC peripheral`);
  if (nvsEncryption?.scheme === "flash-encryption" && flashEncryption === undefined) throw bad("expected flash encryption too, since it protects the keys of this NVS encryption");
  if (download === "secure" && facts.download.secure === undefined) throw bad(`expected the loader open or off on the ${title}, which has no secure download mode`);
  for (const path of [...(secureBoot?.digestFiles ?? []), ...(flashEncryption === undefined ? [] : [flashEncryption.keyFile]), ...(nvsEncryption?.scheme === "hmac" ? [nvsEncryption.keyFile] : [])]) {
    // A name that begins with a dash would be an option to espefuse.
    if (path === "" || path.startsWith("-")) throw bad(`expected the path of a key file, got ${JSON.stringify(path)}`);
  }
}

function encryptionSteps(facts: EfuseFacts, { keyFile, bits = 256 }: NonNullable<ProvisionOptions["flashEncryption"]>, free: string[]): Draft[] {
  const keyFiles = [{ path: keyFile, bytes: bits / 8 }];
  const consequence = "the blocks can hold no other key, and nothing can read this one; images that are encrypted with another key never start";
  let key: Draft;
  if (facts.keyBlocks.length === 0) {
    key = { title: "Burn the flash encryption key", efuses: keyInBlock("BLOCK1", keyFile, "key of flash encryption", true), command: ["burn-key", "flash_encryption", keyFile], consequence, keyFiles, source: FLASH_ENCRYPTION };
  } else {
    const [block, second] = [free.shift()!, bits === 512 ? free.shift()! : undefined];
    const purpose = bits === 512 ? "XTS_AES_256_KEY" : "XTS_AES_128_KEY";
    const efuses = second === undefined ? keyWithPurpose(block, keyFile, purpose, "key of flash encryption", true) : [...keyWithPurpose(block, keyFile, "XTS_AES_256_KEY_1", "first half of the key of flash encryption", true), ...keyWithPurpose(second, keyFile, "XTS_AES_256_KEY_2", "second half of the key of flash encryption", true)];
    key = { title: "Burn the flash encryption key", efuses, command: ["burn-key", block, keyFile, purpose], consequence, keyFiles, source: FLASH_ENCRYPTION };
  }
  return [key, burnEfuses("Switch flash encryption on", facts.encryptionOn, FLASH_ENCRYPTION)];
}

function hmacStep(keyFile: string, block: string): Draft {
  return { title: "Burn the key that protects NVS", efuses: keyWithPurpose(block, keyFile, "HMAC_UP", "key from which the keys of NVS are derived", true), command: ["burn-key", block, keyFile, "HMAC_UP"], consequence: "the block can hold no other key, and nothing can read this one; what NVS holds is lost without it", keyFiles: [{ path: keyFile, bytes: 32 }], source: NVS_HMAC };
}

function bootSteps(facts: EfuseFacts, digestFiles: readonly string[], free: string[], burned: ReadonlySet<string>): Draft[] {
  const keyFiles = digestFiles.map((path) => ({ path, bytes: 32 }));
  const consequence = "only images that are signed with these keys will start once secure boot is on";
  const title = digestFiles.length === 1 ? "Burn the digest of the signing key" : `Burn the digests of ${digestFiles.length} signing keys`;
  const steps: Draft[] = [];
  if (facts.keyBlocks.length === 0) {
    steps.push({ title, efuses: keyInBlock("BLOCK2", digestFiles[0]!, "digest of secure boot's public key", false), command: ["burn-key", "secure_boot_v2", digestFiles[0]!], consequence, keyFiles, source: SECURE_BOOT });
  } else {
    const blocks = digestFiles.map((path, slot) => ({ path, slot, block: free.shift()! }));
    steps.push({ title, efuses: blocks.flatMap(({ path, slot, block }) => keyWithPurpose(block, path, `SECURE_BOOT_DIGEST${slot}`, `digest of secure boot's public key ${slot}`, false)), command: ["burn-key", ...blocks.flatMap(({ path, slot, block }) => [block, path, `SECURE_BOOT_DIGEST${slot}`])], consequence, keyFiles, source: SECURE_BOOT });
  }
  steps.push(burnEfuses("Switch secure boot on", [facts.bootOn], SECURE_BOOT));
  const unused = Array.from({ length: facts.digestSlots - digestFiles.length }, (_, index) => digestFiles.length + index);
  const revoked = unused.map((slot): EfuseFact => ({ name: `SECURE_BOOT_KEY_REVOKE${slot}`, block: "BLOCK0", bits: 1, value: 1, meaning: `slot ${slot}, which is unused, takes no key`, consequence: "signing keys can never be added to this board" }));
  steps.push(burnEfuses(revoked.length === 0 ? "Lock secure boot" : "Lock secure boot, and its unused key slots", [...facts.bootLocks.filter(({ name }) => !burned.has(name)), ...revoked], SECURE_BOOT));
  // A digest that is read-protected, by accident or attack, would keep the board from starting.
  steps.push(protect("RD_DIS", "the table of read protections", "no key that is burned later can be read-protected: flash encryption can never be added", SECURE_BOOT));
  return steps;
}

/** The guard bits that espefuse burns with a key: what holds it can no longer be written, nor, if it is secret, read. */
function guards(names: readonly string[], block: string, secret: boolean): PlannedEfuse[] {
  const written = names.map((name): PlannedEfuse => ({ name: "WR_DIS", block: "BLOCK0", bits: 1, value: `the bit of ${name}`, meaning: `${name} can no longer be written` }));
  return [...written, ...(secret ? [{ name: "RD_DIS", block: "BLOCK0", bits: 1, value: `the bit of ${block}`, meaning: `only the hardware can read ${block}` }] : [])];
}

/** A key in a block of the ESP32, which has one purpose. */
function keyInBlock(block: string, path: string, meaning: string, secret: boolean): PlannedEfuse[] {
  return [{ name: block, block, bits: 256, value: `the ${secret ? "key" : "digest"} in ${path}`, meaning }, ...guards([block], block, secret)];
}

/** A key in a block of a later chip, and the field that says what it is for. */
function keyWithPurpose(block: string, path: string, purpose: string, meaning: string, secret: boolean): PlannedEfuse[] {
  const field = `KEY_PURPOSE_${block.at(-1)!}`;
  return [
    { name: block, block, bits: 256, value: `the ${secret ? "key" : "digest"} in ${path}`, meaning },
    { name: field, block: "BLOCK0", bits: 4, value: purpose, meaning: `what ${block} is for` },
    ...guards([block, field], block, secret),
  ];
}

function burnEfuses(title: string, efuses: readonly EfuseFact[], source: string): Draft {
  return {
    title,
    efuses: efuses.map(({ name, block, bits, value, meaning }) => ({ name, block, bits, value: value === 1 ? "1" : hex(value), meaning })),
    command: ["burn-efuse", ...efuses.flatMap(({ name, value }) => [name, String(value)])],
    consequence: [...new Set(efuses.map(({ consequence }) => consequence))].join("; "),
    source,
  };
}

function protect(name: string, protects: string, consequence: string, source: string): Draft {
  return { title: `Write-protect ${name}`, efuses: [{ name: "WR_DIS", block: "BLOCK0", bits: 1, value: `the bit of ${name}`, meaning: `${protects} can no longer be written` }], command: ["write-protect-efuse", name], consequence, source };
}

function notesOf(chip: ChipName, { secureBoot, flashEncryption, nvsEncryption, download = "open" }: ProvisionOptions, nvsBlock: string | undefined): string[] {
  return [
    "Nothing of this has been tried on a chip by this project. Try it on a board that you can lose.",
    ...(chip === "esp32" && (secureBoot !== undefined || download === "off") ? ["The ESP32 needs chip revision 3.0 or newer for secure boot version 2 and for switching the loader off, and the coding scheme None."] : []),
    ...(flashEncryption === undefined ? [] : ["Erase the flash first; the power must not fail while eFuses are burned and images are flashed."]),
    ...(nvsBlock === undefined ? [] : [`Build the program with CONFIG_NVS_ENCRYPTION, CONFIG_NVS_SEC_KEY_PROTECT_USING_HMAC and CONFIG_NVS_SEC_HMAC_EFUSE_KEY_ID=${nvsBlock.at(-1)!}.`]),
    ...(nvsEncryption?.scheme === "flash-encryption" ? ["The partition table needs a data partition of subtype nvs_keys with the flag encrypted; build the program with CONFIG_NVS_ENCRYPTION and CONFIG_NVS_SEC_KEY_PROTECT_USING_FLASH_ENC."] : []),
    ...(flashEncryption === undefined && nvsEncryption === undefined ? ["NVS stays readable to whoever has the board: the device's key in it is protected against none who can read the flash."] : []),
    ...(download === "open" ? ["The loader stays open: whoever has the board can write its flash and, without flash encryption, read it."] : []),
  ];
}
