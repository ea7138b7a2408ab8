/**
 * Progress of long steps on stderr. On a terminal a count such as "compiling XS 12/36 xsDate.c" stays on one line; elsewhere (a log) only its first
 * and last are printed.
 */
export function progressLines(prefix = ""): (line: string) => void {
  const terminal = process.stderr.isTTY === true;
  let open = false;
  return (line) => {
    const count = /^(.*) (\d+)\/(\d+)\b/.exec(line);
    const running = count !== null && count[2] !== count[3];
    if (terminal) {
      const width = process.stderr.columns || 80;
      process.stderr.write(`${open ? "\r\x1b[K" : ""}${(prefix + line).slice(0, running ? width - 1 : undefined)}${running ? "" : "\n"}`);
      open = running;
    } else if (count === null || count[2] === "1" || !running) {
      process.stderr.write(`${prefix}${line}\n`);
    }
  };
}
