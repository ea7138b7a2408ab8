/**
 * The otadata partition, by which the bootloader chooses among the ota_N slots: two sectors, each with a counter, a label, a state and a CRC-32 of the counter.
 * Source: ESP-IDF, "Over The Air Updates (OTA)", section "OTA Data Partition"; esp_flash_partitions.h.
 */
import { crc32 } from "node:zlib";
import { SECTOR_BYTES } from "./chips.ts";
import { FlashError } from "./flash-error.ts";

/**
 * The 8 KiB of an otadata partition. Without a slot it is blank: the bootloader starts the factory app, or ota_0 where there is none.
 * @throws FlashError `BAD_OPTION` if the slot is not an integer from 0 to 15
 */
export function otadata(slot?: number): Uint8Array {
  const bytes = new Uint8Array(2 * SECTOR_BYTES).fill(0xff);
  if (slot === undefined) return bytes;
  if (!Number.isInteger(slot) || slot < 0 || slot > 15) throw new FlashError("BAD_OPTION", `expected an OTA slot from 0 to 15, got ${slot}`);
  const view = new DataView(bytes.buffer);
  // The counter counts from 1; what is left of the counter modulo the number of slots is the slot.
  view.setUint32(0, slot + 1, true);
  view.setUint32(28, crc32(bytes.subarray(0, 4), 0xffffffff), true);
  return bytes;
}
