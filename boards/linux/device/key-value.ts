/** `embedded:storage/key-value` on Linux: a folder per store, a file (0600) per key. */
import type { KeyValueStore } from "embedded:storage/key-value";

const readValue = native<(store: string, key: string) => ArrayBuffer | undefined>("xs_keyValue_read");
const writeValue = native<(store: string, key: string, value: ArrayBuffer | Uint8Array) => void>("xs_keyValue_write");
const deleteValue = native<(store: string, key: string) => void>("xs_keyValue_delete");

class LinuxKeyValueStore implements KeyValueStore {
  private readonly path: string;

  constructor(path: string) {
    this.path = path;
  }

  close(): void {}

  read(key: string): ArrayBuffer | undefined {
    return readValue(this.path, key);
  }

  write(key: string, value: ArrayBuffer | Uint8Array): void {
    writeValue(this.path, key, value);
  }

  delete(key: string): void {
    deleteValue(this.path, key);
  }
}

export default { open: (options: { path: string; mode?: "r" | "r+"; format?: "buffer" }): KeyValueStore => new LinuxKeyValueStore(options.path) };
