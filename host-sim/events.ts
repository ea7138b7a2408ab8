/**
 * What a device reports on its data line: one JSON object per line (`modules/app/report.ts` writes them).
 */

/** The device knows who it is. */
export interface IdentityEvent {
  readonly event: "identity";
  /** base64url RFC 9679 thumbprint of its first key, 43 characters */
  readonly device: string;
  /** COSE_Key of the key in use, 75 bytes in hex */
  readonly publicKey: string;
  readonly simulator: boolean;
  /** the proof of possession for a registry, if the configuration asks for it (`register`): 64 bytes in hex, and what it is for */
  readonly registration?: { readonly chainId: number; readonly registry: string; readonly owner: string; readonly proof: string };
}

/** The device has made its next key, which the configuration asks for (`rotate`): what a registry needs to take it in. Byte strings are hex. */
export interface RotationEvent {
  readonly event: "rotation";
  readonly device: string;
  readonly chainId: number;
  readonly registry: string;
  /** COSE_Key, 75 bytes */
  readonly newKey: string;
  readonly keyCount: number;
  /** signatures of 64 bytes by the key in use and by the new one */
  readonly byCurrent: string;
  readonly byNew: string;
}

/** The input of a statement with its salt, if the configuration asks for it (`reveal`). Byte strings are hex. */
export interface InputEvent {
  readonly event: "input";
  readonly bootCount: number;
  readonly sequence: number;
  /** 32 bytes */
  readonly salt: string;
  /** binary32 little endian, row-major [sample][channel] */
  readonly window: string;
}

/** The device has booted and stored its boot statement. */
export interface BootEvent {
  readonly event: "boot";
  readonly device: string;
  readonly app: string;
  readonly board: string;
  readonly engine: string;
  readonly bootCount: number;
  readonly sequence: number;
  /** statement bytes */
  readonly bytes: number;
  /** linked bytecode of the app, bytes */
  readonly codeBytes: number;
  readonly modelBytes: number;
  readonly arenaBytes: number;
  /** kernel variant, and whether its self-check passed */
  readonly kernels: string;
  readonly selfCheck: boolean;
  /** description of the front end, if inputs are revealed */
  readonly frontEnd?: string;
  /** XS heap as created: slots (16 bytes each on a 32-bit device) and chunk bytes; and what of it is used */
  readonly slots: number;
  readonly slotsUsed: number;
  readonly chunkBytes: number;
  readonly chunkBytesUsed: number;
}

/** The device has stored an inference statement. */
export interface StatementEvent {
  readonly event: "statement";
  readonly sequence: number;
  readonly label: string;
  readonly score: number;
  /** statement bytes */
  readonly bytes: number;
  /** wall clock, ms: when the window's last sample was taken, and when the statement was on flash */
  readonly sampledAt: number;
  readonly storedAt: number;
}

/** The gateway has everything up to `sequence`. */
export interface AckEvent {
  readonly event: "ack";
  readonly sequence: number;
}

/** A window was not attested, because the outbox is full. */
export interface WithheldEvent {
  readonly event: "withheld";
}

/** The connection to the broker came or went. */
export interface ConnectionEvent {
  readonly event: "connected" | "disconnected";
  readonly reason?: string;
}

/** The recording is at its end. */
export interface TraceEndEvent {
  readonly event: "trace-end";
}

/** The device is about to stop: what it still holds, and its memory then. */
export interface StopEvent {
  readonly event: "stop";
  /** statements stored and not acked */
  readonly pending: number;
  readonly slotsUsed: number;
  readonly chunkBytesUsed: number;
}

/** Everything a device reports. */
export type DeviceEvent = IdentityEvent | RotationEvent | BootEvent | StatementEvent | InputEvent | AckEvent | WithheldEvent | ConnectionEvent | TraceEndEvent | StopEvent;

/** Reads one line of the data line; undefined if it is no event (an app may log what it likes). */
export function parseEvent(line: string): DeviceEvent | undefined {
  if (!line.startsWith('{"event":')) return undefined;
  try {
    return JSON.parse(line) as DeviceEvent;
  } catch (error) {
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
}
