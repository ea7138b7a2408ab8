/**
 * `console` on an ESP32, which XS has none of. One line per call: on the chip's console (UART 0, or the USB serial port where the chip has one), or to xsbug in a
 * debug build, which uses that port itself. The lines of `warn` and `error` begin with "!", since both share one port.
 */
const writeLine = native<(line: string) => void>("xs_esp32_log");

const join = (values: unknown[]): string => values.map(String).join(" ");
const data = (...values: unknown[]): void => writeLine(join(values));
const diagnostic = (...values: unknown[]): void => writeLine(`! ${join(values)}`);

export const deviceConsole = Object.freeze({ log: data, info: data, warn: diagnostic, error: diagnostic });

(globalThis as unknown as { console: unknown }).console = deviceConsole;
