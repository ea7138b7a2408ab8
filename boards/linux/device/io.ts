/** What the I/O classes of the Linux board share: who is told of which descriptor (io-port.c), and names of devices. */

const setDispatch = native<(dispatch: (handle: number, event: number, amount: number) => void) => void>("xs_io_dispatch");
const closePort = native<(handle: number) => void>("xs_io_close");

/** Events of io-port.h. */
export const READABLE = 0;
export const WRITABLE = 1;

type Listener = (event: number, amount: number) => void;

const listeners = new Map<number, Listener>();

setDispatch((handle, event, amount) => listeners.get(handle)?.(event, amount));

/** Has `listener` told what happens to a port. */
export function listen(handle: number, listener: Listener): void {
  listeners.set(handle, listener);
}

/** Closes a port; nothing more is told of it. */
export function close(handle: number): void {
  listeners.delete(handle);
  closePort(handle);
}

/** `/dev/<prefix><n>` of a number; a path as it is. */
export function devicePath(what: string, device: unknown, prefix: string): string {
  if (typeof device === "string" && device.startsWith("/")) return device;
  if (typeof device === "number" && Number.isInteger(device) && device >= 0) return `/dev/${prefix}${device}`;
  throw new RangeError(`${what}: expected a number from 0, or a path, got ${String(device)}`);
}

/** @throws TypeError, RangeError */
export function checkInteger(what: string, value: unknown, least: number, most: number): number {
  if (typeof value !== "number" || !Number.isInteger(value) || value < least || value > most) throw new RangeError(`${what}: expected an integer from ${least} to ${most}, got ${String(value)}`);
  return value;
}

/** @throws TypeError for a callback that is no function */
export function checkCallbacks(what: string, callbacks: readonly unknown[]): void {
  for (const callback of callbacks) if (callback !== undefined && typeof callback !== "function") throw new TypeError(`${what}: expected functions as callbacks, got another value`);
}

/** The handle of an object that is not closed. */
export function opened(what: string, handle: number | undefined): number {
  if (handle === undefined) throw new Error(`${what}: expected an open one, got one that is closed`);
  return handle;
}

/** Whether `value` is what natives take as bytes. */
export function isBuffer(value: unknown): value is ArrayBuffer | Uint8Array {
  return value instanceof ArrayBuffer || ArrayBuffer.isView(value);
}
