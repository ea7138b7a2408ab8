/** Writes what devices reveal of their inputs to files that `assay verify --replay` takes. */
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { encodeRevealedInput } from "../client/revealed-input.ts";
import type { DeviceEvent } from "../host-sim/events.ts";

/** One folder for the inputs of all devices. They are what their sensors saw: readable by their owner only. */
export class InputWriter {
  private readonly folder: string;
  /** descriptions of the front ends, which devices tell once for a boot */
  private readonly frontEnds = new Map<string, string>();

  constructor(folder: string) {
    this.folder = folder;
  }

  /** Takes an event of a device; all but boots and inputs are passed over. */
  take(device: string, event: DeviceEvent): void {
    if (event.event === "boot" && event.frontEnd !== undefined) this.frontEnds.set(device, event.frontEnd);
    if (event.event !== "input") return;
    const frontEnd = this.frontEnds.get(device);
    if (frontEnd === undefined) return;
    const bytes = (hex: string): Uint8Array => Uint8Array.from(Buffer.from(hex, "hex"));
    writeFileSync(join(this.folder, `${device}-${event.bootCount}-${event.sequence}.input`), encodeRevealedInput({ salt: bytes(event.salt), window: bytes(event.window), frontEnd }), { mode: 0o600 });
  }
}
