/**
 * How a board is reset from here, by the modem-control lines of its serial port. On boards with a USB bridge two transistors lead DTR to the boot pin and RTS to EN, so that asserting one line pulls its pin low;
 * the chip's own USB-Serial/JTAG peripheral watches the same lines and resets the chip itself.
 *
 * Sources: Espressif, esptool documentation, "Boot Mode Selection" (Automatic Bootloader) and "Configuration File" (Custom Reset Sequences); ESP-IDF, "USB Serial/JTAG Controller Console".
 */
import type { Delay, SerialLink } from "./serial-link.ts";

/** One step: lines, then a pause in milliseconds. */
interface Step {
  readonly dtr: boolean;
  readonly rts: boolean;
  readonly wait: number;
}

/** Through the transistors, into the ROM loader: hold the chip in reset, let it go with the boot pin low, release the boot pin. */
function classic(holdBoot: number): readonly Step[] {
  return [
    { dtr: false, rts: true, wait: 100 },
    { dtr: true, rts: false, wait: holdBoot },
    { dtr: false, rts: false, wait: 0 },
  ];
}

/** Over the chip's own USB, into the ROM loader. The lines go through (1, 1) and not through (0, 0), which would start the program. */
const USB_JTAG: readonly Step[] = [
  { dtr: false, rts: false, wait: 100 },
  { dtr: true, rts: false, wait: 100 },
  { dtr: true, rts: true, wait: 0 },
  { dtr: false, rts: true, wait: 100 },
  { dtr: false, rts: false, wait: 0 },
];

async function run(link: SerialLink, steps: readonly Step[], delay: Delay): Promise<void> {
  for (const { dtr, rts, wait } of steps) {
    await link.setSignals({ dtr, rts });
    if (wait > 0) await delay(wait);
  }
}

/**
 * Resets the chip into its ROM loader. `attempt` counts from 0: every other attempt holds the boot pin longer, for boards with a large capacitor at EN.
 * @throws FlashError `LINES_UNSUPPORTED`, `PORT_GONE`, `PORT_FAILED`
 */
export async function resetToLoader(link: SerialLink, attempt: number, delay: Delay): Promise<void> {
  await run(link, link.usbJtag ? USB_JTAG : classic(attempt % 2 === 0 ? 50 : 550), delay);
}

/**
 * Resets the chip so that it starts its program.
 * @throws FlashError `LINES_UNSUPPORTED`, `PORT_GONE`, `PORT_FAILED`
 */
export async function resetToProgram(link: SerialLink, delay: Delay): Promise<void> {
  // A chip on its own USB vanishes from the bus for a moment, so its reset is held longer.
  const hold = link.usbJtag ? 200 : 100;
  await run(link, [
    { dtr: false, rts: true, wait: hold },
    { dtr: false, rts: false, wait: link.usbJtag ? 200 : 0 },
  ], delay);
}
