/**
 * A simulated device: the device host (`boards/linux`) with an app's image, in a process of its own, with a flash and a key of its own.
 */
import { spawn, type ChildProcess } from "node:child_process";
import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { decodePublicKey, type PublicKey } from "assay/statement/cose-key";
import { parseEvent, type DeviceEvent, type IdentityEvent } from "./events.ts";
import { HostSimError } from "./host-sim-error.ts";

/** Heap and stack of a device, as they are given to XS. */
export interface DeviceMemory {
  /** XS slots; 16 bytes each on a 32-bit device */
  readonly slots: number;
  /** bytes of the chunk heap */
  readonly chunks: number;
}

/**
 * 160 KB of heap, as on an ESP32 with Wi-Fi running: 8,192 slots of 16 bytes (128 KB) and 32 KB of chunks.
 */
export const DEFAULT_MEMORY: DeviceMemory = { slots: 8192, chunks: 32 * 1024 };

/** What a device is made of. */
export interface DeviceOptions {
  /** the device host's binary */
  readonly host: string;
  /** a program that runs the binary, and its options, such as `["qemu-aarch64", "-L", "/usr/aarch64-linux-gnu"]` for that of another processor */
  readonly emulator?: readonly string[];
  /** the app's image (`.xsa`) */
  readonly image: string;
  /** where its flash and key live; made if absent, kept afterwards: starting it again on the same folder is a reboot */
  readonly folder: string;
  readonly broker: { readonly host: string; readonly port: number };
  /** a CSV recording instead of live input; `speed` 1 is as recorded */
  readonly trace?: { readonly file: string; readonly speed?: number; readonly repeat?: boolean };
  /** whether it reports the input of each statement with its salt (default false) */
  readonly reveal?: boolean;
  /** a registry to prove itself to at each boot, and the account that is to own it */
  readonly register?: RegistrationRequest;
  /** a registry to prove its next key to, which it makes for that */
  readonly rotate?: Omit<RegistrationRequest, "owner">;
  /** thumbprint (64 hexadecimal digits) of the key to change over to, which a rotation has put into the registry */
  readonly key?: string;
  /** whether statements carry the wall clock (default true) */
  readonly time?: boolean;
  readonly memory?: DeviceMemory;
  /** every event, in order */
  readonly onEvent?: (event: DeviceEvent) => void;
  /** every line of diagnostics, and of the data line that is no event */
  readonly onLog?: (line: string) => void;
}

/** What a device is to prove that it has its key for. */
export interface RegistrationRequest {
  /** EIP-155 chain id */
  readonly chainId: number;
  /** addresses, 0x and 40 hexadecimal digits */
  readonly registry: string;
  readonly owner: string;
}

/** Who a device is. */
export interface DeviceIdentity {
  /** base64url thumbprint, 43 characters */
  readonly id: string;
  /** the key in use */
  readonly publicKey: PublicKey;
  readonly simulator: boolean;
  /** its proof of possession (64 bytes), if it was asked for */
  readonly proof?: Uint8Array;
}

/** A running device. */
export interface SimulatedDevice {
  /** resolves to the first event of that kind, past or future */
  waitFor<Kind extends DeviceEvent["event"]>(kind: Kind, options?: { readonly timeoutMs?: number }): Promise<Extract<DeviceEvent, { event: Kind }>>;
  /** how many statements it has stored in this run, boot statement included */
  readonly stored: number;
  /** asks it to stop: it sends what it holds, says goodbye and exits; resolves to its exit code */
  stop(): Promise<number>;
  /** pulls the plug: no goodbye */
  cutPower(): Promise<void>;
  /** resolves when the process has ended: its exit code, or −1 after a signal */
  readonly ended: Promise<number>;
  /** the last lines of diagnostics, newest last (at most 20) */
  readonly diagnostics: readonly string[];
}

/** Starts a device, or boots it again. */
export async function startDevice(options: DeviceOptions): Promise<SimulatedDevice> {
  const { child, events, ended, diagnostics } = await spawnDevice(options, {});
  return {
    waitFor: (kind, { timeoutMs = 15_000 } = {}) => events.waitFor(kind, timeoutMs),
    get stored() {
      return events.stored;
    },
    async stop() {
      child.kill("SIGTERM");
      return await ended;
    },
    async cutPower() {
      child.kill("SIGKILL");
      await ended;
    },
    ended,
    diagnostics,
  };
}

/** Boots a device just long enough that it makes its key (at its first boot) and says who it is. That boot is not counted and states nothing. */
export async function provisionDevice(options: DeviceOptions): Promise<DeviceIdentity> {
  const { events, ended } = await spawnDevice(options, { provision: true });
  const identity: IdentityEvent = await events.waitFor("identity", 15_000);
  await ended;
  const bytes = (hex: string): Uint8Array => Uint8Array.from(Buffer.from(hex, "hex"));
  const { device: id, publicKey, simulator, registration } = identity;
  return { id, publicKey: decodePublicKey(bytes(publicKey)), simulator, ...(registration && { proof: bytes(registration.proof) }) };
}

async function spawnDevice(options: DeviceOptions, extra: object): Promise<{ child: ChildProcess; events: EventLog; ended: Promise<number>; diagnostics: string[] }> {
  const { host, image, folder, broker, trace, time = true, reveal = false, register, rotate, key, memory = DEFAULT_MEMORY } = options;
  await mkdir(folder, { recursive: true, mode: 0o700 });
  const config = join(folder, "config.json");
  await writeFile(config, JSON.stringify({ broker, ...(trace === undefined ? {} : { trace }), time, reveal, ...(register && { register }), ...(rotate && { rotate }), ...(key !== undefined && { key }), ...extra }), { mode: 0o600 });
  const [program = host, ...before] = [...(options.emulator ?? []), host];
  const device = spawn(program, [...before, "--app", image, "--config", config, "--data", folder, "--slots", String(memory.slots), "--chunks", String(memory.chunks), "--parent", String(process.pid)], {
    stdio: ["ignore", "pipe", "pipe"],
    // A process group of its own: Ctrl-C reaches only the simulator, which then stops its devices in order.
    detached: true,
  });
  const diagnostics: string[] = [];
  const log = (line: string): void => {
    diagnostics.push(line);
    if (diagnostics.length > 20) diagnostics.shift();
    options.onLog?.(line);
  };
  const events = new EventLog(diagnostics);
  createInterface({ input: device.stdout }).on("line", (line) => {
    const event = parseEvent(line);
    if (event === undefined) return log(line);
    events.add(event);
    options.onEvent?.(event);
  });
  createInterface({ input: device.stderr }).on("line", log);
  const ended = new Promise<number>((resolve, reject) => {
    device.once("error", reject);
    device.once("close", (code) => {
      events.end(code ?? -1);
      resolve(code ?? -1);
    });
  });
  return { child: device, events, ended, diagnostics };
}

/** The events so far, and whoever waits for one to come. */
class EventLog {
  stored = 0;
  private readonly firsts = new Map<string, DeviceEvent>();
  private readonly waiting = new Set<{ kind: string; resolve: (event: DeviceEvent) => void; reject: (error: Error) => void }>();
  private readonly diagnostics: readonly string[];
  private exitCode: number | undefined;

  constructor(diagnostics: readonly string[]) {
    this.diagnostics = diagnostics;
  }

  add(event: DeviceEvent): void {
    if (event.event === "boot" || event.event === "statement") this.stored++;
    if (!this.firsts.has(event.event)) this.firsts.set(event.event, event);
    for (const waiter of this.waiting) {
      if (waiter.kind !== event.event) continue;
      this.waiting.delete(waiter);
      waiter.resolve(event);
    }
  }

  end(code: number): void {
    this.exitCode = code;
    for (const waiter of this.waiting) waiter.reject(this.endedError(waiter.kind));
    this.waiting.clear();
  }

  waitFor<Kind extends DeviceEvent["event"]>(kind: Kind, timeoutMs: number): Promise<Extract<DeviceEvent, { event: Kind }>> {
    const first = this.firsts.get(kind);
    if (first !== undefined) return Promise.resolve(first as Extract<DeviceEvent, { event: Kind }>);
    if (this.exitCode !== undefined) return Promise.reject(this.endedError(kind));
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => {
        this.waiting.delete(waiter);
        reject(new HostSimError("TIMEOUT", `expected the event "${kind}" within ${timeoutMs} ms${this.lastWords()}`));
      }, timeoutMs);
      const waiter = {
        kind,
        resolve: (event: DeviceEvent) => {
          clearTimeout(timer);
          resolve(event as Extract<DeviceEvent, { event: Kind }>);
        },
        reject: (error: Error) => {
          clearTimeout(timer);
          reject(error);
        },
      };
      this.waiting.add(waiter);
    });
  }

  private endedError(kind: string): HostSimError {
    return new HostSimError("DEVICE_ENDED", `expected the event "${kind}", but the device ended with exit code ${this.exitCode}${this.lastWords()}`);
  }

  private lastWords(): string {
    return this.diagnostics.length === 0 ? "" : `; its last words:\n${this.diagnostics.join("\n")}`;
  }
}
