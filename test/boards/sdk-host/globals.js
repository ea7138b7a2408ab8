/** What lives in the global object: first of all, since the other modules find it there. */
globalThis.sockets = [];
globalThis.timers = [];
globalThis.statements = 0;
/** The device's seconds in one of ours. */
globalThis.speed = 1;
/** A recording has been played to its end. */
globalThis.played = false;
const print = native("xs_host_print");
const line = (mark) => (...values) => {
  const text = values.join(" ");
  if (text.includes('"event":"statement"')) globalThis.statements++;
  print(mark + text);
};
globalThis.console = Object.freeze({ log: line(""), info: line(""), warn: line("! "), error: line("! ") });
export default globalThis.console;
