/** `embedded:storage/key-value` for boards that have none: a store is the flash partition of its name. */
import flash from "embedded:storage/flash";
import { FlashKeyValueStore } from "./flash-key-value-store.ts";
export default { open: (options) => new FlashKeyValueStore(flash.open({ path: options.path, mode: "r+" })) };
