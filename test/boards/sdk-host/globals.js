/** What lives in the global object: first of all, since the other modules find it there. */
globalThis.sockets = [];
globalThis.timers = [];
globalThis.statements = 0;
const print = native("xs_host_print");
const line = (mark) => (...values) => {
  const text = values.join(" ");
  if (text.includes('"event":"statement"')) globalThis.statements++;
  print(mark + text);
};
globalThis.console = Object.freeze({ log: line(""), info: line(""), warn: line("! "), error: line("! ") });
export default globalThis.console;
