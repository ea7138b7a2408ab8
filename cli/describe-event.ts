import type { BootEvent, DeviceEvent } from "../host-sim/events.ts";

/** What a device reports, as people read it. */
export function describeEvent(event: DeviceEvent): string {
  switch (event.event) {
    case "identity":
      return `device ${event.device}, public key ${event.publicKey}`;
    case "rotation":
      return `its next key ${event.newKey}, with the proof for registry ${event.registry} on chain ${event.chainId}: give this line to assay device rotate`;
    case "input":
      return `input of #${event.sequence} of boot ${event.bootCount}, ${event.window.length / 2} B`;
    case "boot":
      return describeBoot(event);
    case "statement":
      return `${event.label}  ${event.score.toFixed(2)}  #${event.sequence}  ${event.bytes} B`;
    case "ack":
      return `the gateway has everything up to #${event.sequence}`;
    case "withheld":
      return "outbox full: a window was not attested";
    case "connected":
      return "connected to the broker";
    case "disconnected":
      return `disconnected: ${event.reason ?? "unknown"}`;
    case "trace-end":
      return "the recording is at its end";
    case "stop":
      return `stopping with ${event.pending} statements not acknowledged`;
  }
}

/** A boot, with the memory that it found. */
export function describeBoot(event: BootEvent): string {
  const heap = (slots: number, chunks: number): string => `${((slots * 16 + chunks) / 1024).toFixed(0)} KB`;
  return (
    `${event.app} boot #${event.bootCount} on ${event.board}, XS ${event.engine}: heap ${heap(event.slots, event.chunkBytes)} (${event.slots} slots of 16 B + ${event.chunkBytes} B of chunks; ` +
    `${heap(event.slotsUsed, event.chunkBytesUsed)} used at boot), code ${event.codeBytes} B, model ${event.modelBytes} B, arena ${event.arenaBytes} B, kernels ${event.kernels} (self-check ${event.selfCheck ? "passed" : "FAILED"})`
  );
}
