/** `assay/board` of this machine. */
const entropy = native("xs_host_entropy");
const elapsed = native("xs_host_ticks");
const exit = native("xs_host_exit");

export default Object.freeze({
  name: "sdk-host",
  simulator: true,
  image: Object.freeze({ digest: new ArrayBuffer(32), codeBytes: 0, engine: "" }),
  entropy,
  ticks() {
    return elapsed() * globalThis.speed;
  },
  onShutdown() {},
  exit,
  memory() {
    return { slotsUsed: 0, slots: 0, chunkBytesUsed: 0, chunkBytes: 0 };
  },
});
