/**
 * The eFuses that lock a chip, as espefuse names them: where each is, what its bits mean and what cannot be undone. An eFuse bit goes from 0 to 1 once and never back.
 *
 * Sources: ESP-IDF, "Security Features Enablement Workflows" (which to burn), "Flash Encryption" and "Secure Boot v2" (what they do); Espressif's eFuse definitions of each chip (block, bits);
 * esptool documentation, "Burn Key" (key purposes).
 */
import type { ChipName } from "./chips.ts";

/** One field. `bits` is how many it has, `value` what is burned. */
export interface EfuseFact {
  readonly name: string;
  readonly block: string;
  readonly bits: number;
  readonly value: number;
  readonly meaning: string;
  /** what can never be undone */
  readonly consequence: string;
}

/** What a chip has. */
export interface EfuseFacts {
  /** key blocks with a purpose of their own, in the order in which they are given out; none on the ESP32, whose blocks have fixed purposes */
  readonly keyBlocks: readonly string[];
  /** keys whose flash encryption has 512 bits */
  readonly aes256: boolean;
  /** whether a key of the HMAC peripheral can protect NVS */
  readonly hmac: boolean;
  /** slots for digests of secure boot's keys */
  readonly digestSlots: 1 | 3;
  readonly encryptionOn: readonly EfuseFact[];
  /** what the loader could be used for with encryption on */
  readonly encryptionLocks: readonly EfuseFact[];
  readonly bootOn: EfuseFact;
  readonly bootLocks: readonly EfuseFact[];
  readonly jtagLocks: readonly EfuseFact[];
  /** the field whose write protection protects the locks too */
  readonly locksGuard: { readonly name: string; readonly protects: string };
  /** secure: the loader only writes flash; off: there is no loader */
  readonly download: { readonly secure?: EfuseFact; readonly off: EfuseFact };
}

const on = (name: string, meaning: string, consequence: string): EfuseFact => ({ name, block: "BLOCK0", bits: 1, value: 1, meaning, consequence });

const NO_JTAG = "the chip can never be debugged by JTAG again";
const NO_CACHE = "code that is loaded through the loader can never read decrypted flash";

/** What the chips after the ESP32 have in common. */
function later(chip: Exclude<ChipName, "esp32">): EfuseFacts {
  const directBoot = on("DIS_DIRECT_BOOT", "no start without header checks", "the chip only ever starts images with a bootloader");
  return {
    keyBlocks: ["BLOCK_KEY0", "BLOCK_KEY1", "BLOCK_KEY2", "BLOCK_KEY3", "BLOCK_KEY4", "BLOCK_KEY5"],
    aes256: chip === "esp32s3",
    hmac: true,
    digestSlots: 3,
    encryptionOn: [{ name: "SPI_BOOT_CRYPT_CNT", block: "BLOCK0", bits: 3, value: 7, meaning: "flash encryption is on, since an odd number of bits is set", consequence: "flash encryption can never be switched off; plain images no longer start" }],
    encryptionLocks: [
      on("DIS_DOWNLOAD_MANUAL_ENCRYPT", "the loader does not encrypt what it writes", "plain images can never be sent to be encrypted by the chip; every image is encrypted on a host, or comes as an update"),
      on("DIS_DOWNLOAD_ICACHE", "no instruction cache in the loader", NO_CACHE),
      ...(chip === "esp32s3" ? [on("DIS_DOWNLOAD_DCACHE", "no data cache in the loader", NO_CACHE)] : []),
      directBoot,
    ],
    bootOn: on("SECURE_BOOT_EN", "only a bootloader that is signed with one of the keys starts", "unsigned images never start again; if all signing keys are lost, so is the board"),
    bootLocks: [on("SECURE_BOOT_AGGRESSIVE_REVOKE", "a key is revoked as soon as a check with it fails", "a badly signed bootloader or an attack on the check can use up a key"), directBoot],
    jtagLocks: [
      { name: "SOFT_DIS_JTAG", block: "BLOCK0", bits: 3, value: 7, meaning: "JTAG is off until the HMAC peripheral lets it in, since an odd number of bits is set", consequence: NO_JTAG },
      on("DIS_PAD_JTAG", "JTAG at the pins is off", NO_JTAG),
      on("DIS_USB_JTAG", "JTAG over the chip's own USB is off", NO_JTAG),
    ],
    locksGuard: { name: "DIS_ICACHE", protects: `DIS_ICACHE, DIS_DOWNLOAD_ICACHE${chip === "esp32s3" ? ", DIS_DOWNLOAD_DCACHE" : ""}, DIS_PAD_JTAG, DIS_USB_JTAG and DIS_DOWNLOAD_MANUAL_ENCRYPT` },
    download: {
      secure: on("ENABLE_SECURITY_DOWNLOAD", "the loader only writes flash and says what is locked", "memory and registers can never be read or written through the loader, MD5 sums are not computed, and espefuse can burn nothing more"),
      off: on("DIS_DOWNLOAD_MODE", "there is no loader", "the board can never be flashed over its serial port again, only by updates of its own program"),
    },
  };
}

export const EFUSES: Readonly<Record<ChipName, EfuseFacts>> = {
  esp32: {
    keyBlocks: [],
    aes256: false,
    hmac: false,
    digestSlots: 1,
    encryptionOn: [
      { name: "FLASH_CRYPT_CONFIG", block: "BLOCK0", bits: 4, value: 0xf, meaning: "all bits of the key are changed by the address", consequence: "images must be encrypted for this setting" },
      { name: "FLASH_CRYPT_CNT", block: "BLOCK0", bits: 7, value: 127, meaning: "flash encryption is on, since an odd number of bits is set", consequence: "flash encryption can never be switched off; plain images no longer start" },
    ],
    encryptionLocks: [
      on("DISABLE_DL_ENCRYPT", "the loader does not encrypt what it writes", "plain images can never be sent to be encrypted by the chip; every image is encrypted on a host, or comes as an update"),
      on("DISABLE_DL_DECRYPT", "the loader does not decrypt what it reads", "flash can never be read in plain through the loader"),
      on("DISABLE_DL_CACHE", "no cache in the loader", NO_CACHE),
    ],
    bootOn: on("ABS_DONE_1", "only a bootloader that is signed with the key starts (secure boot version 2; chip revision 3.0 or newer)", "unsigned images never start again; if the signing key is lost, so is the board"),
    bootLocks: [on("CONSOLE_DEBUG_DISABLE", "no BASIC interpreter in the ROM where no image starts", "the ROM's interpreter is gone for good")],
    jtagLocks: [on("JTAG_DISABLE", "JTAG is off", NO_JTAG)],
    locksGuard: { name: "DIS_CACHE", protects: "DIS_CACHE and the other fields of its group" },
    download: { off: on("UART_DOWNLOAD_DIS", "there is no loader (chip revision 3.0 or newer)", "the board can never be flashed over its serial port again, only by updates of its own program; espefuse can burn nothing more") },
  },
  esp32s3: later("esp32s3"),
  esp32c3: later("esp32c3"),
  esp32c6: later("esp32c6"),
};
