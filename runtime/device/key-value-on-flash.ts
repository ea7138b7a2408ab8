/** `embedded:storage/key-value` for boards that have none: a store is the flash partition of its name. */
import flash from "embedded:storage/flash";
import type { KeyValueStore } from "embedded:storage/key-value";
import { FlashKeyValueStore } from "./flash-key-value-store.ts";

export default { open: (options: { path: string; mode?: "r" | "r+"; format?: "buffer" }): KeyValueStore => new FlashKeyValueStore(flash.open({ path: options.path, mode: "r+" })) };
