/** `embedded:storage/key-value` in memory. */
class Store {
  constructor() {
    this.values = new Map();
  }
  close() {}
  read(key) {
    return this.values.get(key);
  }
  write(key, value) {
    this.values.set(key, new Uint8Array(value).buffer);
  }
  delete(key) {
    this.values.delete(key);
  }
}

export default Object.freeze({ open: () => new Store() });
