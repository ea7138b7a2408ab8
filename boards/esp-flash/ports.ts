/** The serial ports of this machine that may be boards, found by their USB vendor. */
import { readFileSync, readdirSync, realpathSync } from "node:fs";
import { dirname, join } from "node:path";
import { FlashError } from "./flash-error.ts";
import { loadSerialport } from "./load-serialport.ts";

/** A serial port on USB. */
export interface PortInfo {
  /** such as /dev/ttyUSB0 or COM3 */
  readonly path: string;
  /** USB vendor and product, four hexadecimal digits each, lower case */
  readonly vendorId: string;
  readonly productId: string;
  /** of the USB device, as the device says; may be absent */
  readonly manufacturer: string | undefined;
  readonly serialNumber: string | undefined;
  /** what it is, if it is something that boards carry */
  readonly bridge: string | undefined;
  /** whether it is the chip's own USB-Serial/JTAG peripheral */
  readonly usbJtag: boolean;
}

/** USB vendors of the bridges on ESP32 boards, and Espressif's own. Products from the vendors' data sheets and Linux's drivers cp210x, ch341, cdc-acm, ftdi_sio. */
const BRIDGES: Readonly<Record<string, { readonly name: string; readonly products?: Readonly<Record<string, string>> }>> = {
  "10c4": { name: "CP210x (Silicon Labs)" },
  "1a86": { name: "CH34x (WCH)", products: { "7523": "CH340 (WCH)", "5523": "CH341 (WCH)", "55d3": "CH343 (WCH)", "55d4": "CH9102 (WCH)" } },
  "0403": { name: "FTDI", products: { "6001": "FT232R (FTDI)", "6010": "FT2232 (FTDI)", "6014": "FT232H (FTDI)", "6015": "FT231X (FTDI)" } },
  "303a": { name: "Espressif USB", products: { "1001": "Espressif USB-Serial/JTAG" } },
};

/** Vendor and product of the peripheral inside ESP32-S3, C3 and C6. */
const USB_JTAG = "303a:1001";

/** A port with what its USB ids say. */
export function describePort(port: { readonly path: string; readonly vendorId: string; readonly productId: string; readonly manufacturer?: string | undefined; readonly serialNumber?: string | undefined }): PortInfo {
  const [vendorId, productId] = [port.vendorId.toLowerCase(), port.productId.toLowerCase()];
  const vendor = BRIDGES[vendorId];
  return { path: port.path, vendorId, productId, manufacturer: printable(port.manufacturer), serialNumber: printable(port.serialNumber), bridge: vendor?.products?.[productId] ?? vendor?.name, usbJtag: `${vendorId}:${productId}` === USB_JTAG };
}

/** What a USB device says of itself goes to terminals: printable characters only. */
function printable(text: string | undefined): string | undefined {
  return text?.replace(/[^\x20-\x7e]/g, "?").slice(0, 80);
}

/**
 * All serial ports on USB, by path. On Linux they are read from sysfs, since the package serialport asks udevadm, which containers lack; elsewhere serialport lists them.
 * @throws FlashError `PORT_FAILED` if the operating system cannot list them
 */
export async function listPorts(options: { readonly sysfs?: string; readonly platform?: NodeJS.Platform } = {}): Promise<PortInfo[]> {
  const ports = (options.platform ?? process.platform) === "linux" ? linuxPorts(options.sysfs ?? "/sys") : await otherPorts();
  return ports.sort((a, b) => a.path.localeCompare(b.path, "en", { numeric: true }));
}

function linuxPorts(sysfs: string): PortInfo[] {
  const ports: PortInfo[] = [];
  for (const name of entries(join(sysfs, "class", "tty"))) {
    const usb = usbDevice(join(sysfs, "class", "tty", name, "device"), sysfs);
    if (usb !== undefined) ports.push(describePort({ path: `/dev/${name}`, ...usb }));
  }
  return ports;
}

/** The USB device above a terminal: the first folder on the way up that has a vendor. */
function usbDevice(link: string, sysfs: string): { vendorId: string; productId: string; manufacturer: string | undefined; serialNumber: string | undefined } | undefined {
  let folder: string;
  try {
    folder = realpathSync(link);
  } catch (error) {
    // A terminal without hardware has no device; a device may go while we look.
    if (isAbsent(error)) return undefined;
    throw error;
  }
  for (const top = realpathSync(sysfs); folder.startsWith(top) && folder !== top; folder = dirname(folder)) {
    const [vendorId, productId] = [attribute(folder, "idVendor"), attribute(folder, "idProduct")];
    if (vendorId !== undefined && productId !== undefined) return { vendorId, productId, manufacturer: attribute(folder, "manufacturer"), serialNumber: attribute(folder, "serial") };
  }
  return undefined;
}

function attribute(folder: string, name: string): string | undefined {
  try {
    return readFileSync(join(folder, name), "utf8").trim();
  } catch (error) {
    if (isAbsent(error)) return undefined;
    throw error;
  }
}

function entries(folder: string): string[] {
  try {
    return readdirSync(folder);
  } catch (error) {
    if (isAbsent(error)) return [];
    throw new FlashError("PORT_FAILED", `expected to list serial ports in ${folder}, got: ${(error as Error).message}`, { cause: error });
  }
}

/** A file that is not there, or a device that has just gone. */
function isAbsent(error: unknown): boolean {
  return ["ENOENT", "ENOTDIR", "ENODEV", "EINVAL"].includes((error as NodeJS.ErrnoException).code ?? "");
}

async function otherPorts(): Promise<PortInfo[]> {
  const { SerialPort } = await loadSerialport();
  try {
    return (await SerialPort.list()).flatMap(({ path, vendorId, productId, manufacturer, serialNumber }) => (vendorId === undefined || productId === undefined ? [] : [describePort({ path, vendorId, productId, manufacturer, serialNumber })]));
  } catch (error) {
    throw new FlashError("PORT_FAILED", `expected to list serial ports, got: ${(error as Error).message}`, { cause: error });
  }
}

/**
 * Whether a port is a chip's own USB-Serial/JTAG peripheral; false for what is no USB port.
 * @throws FlashError `PORT_FAILED`
 */
export async function isUsbJtag(path: string, options: { readonly sysfs?: string; readonly platform?: NodeJS.Platform } = {}): Promise<boolean> {
  let real = path;
  try {
    // Names such as /dev/serial/by-id/… are links.
    real = realpathSync(path);
  } catch (error) {
    if (!isAbsent(error)) throw error;
  }
  return (await listPorts(options)).some((port) => port.usbJtag && (port.path === path || port.path === real));
}

/**
 * The port to use: the one that was named, or the only one that looks like a board.
 * @throws FlashError `NO_PORT`, `SEVERAL_PORTS`, whose message lists them
 */
export function choosePort(ports: readonly PortInfo[], wanted?: string): string {
  if (wanted !== undefined) return wanted;
  const boards = ports.filter(({ bridge }) => bridge !== undefined);
  if (boards.length === 1) return boards[0]!.path;
  if (boards.length === 0) {
    const others = ports.map(portText).join("; ");
    throw new FlashError("NO_PORT", `expected a board on USB, found no port with a CP210x, CH34x, CH9102, FTDI or Espressif USB${others === "" ? "" : ` (there are: ${others})`}; plug the board in with a cable that carries data, or name its port with --port`);
  }
  throw new FlashError("SEVERAL_PORTS", `expected one board, found ${boards.length}: ${boards.map(portText).join("; ")}; name one with --port`);
}

/** A port in one line: its path, what it is and its serial number. */
export function portText({ path, bridge, manufacturer, serialNumber, vendorId, productId }: PortInfo): string {
  return `${path} (${bridge ?? manufacturer ?? "unknown"}, ${vendorId}:${productId}${serialNumber === undefined ? "" : `, ${serialNumber}`})`;
}
