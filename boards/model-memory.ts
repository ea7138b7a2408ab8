/**
 * Whether an app's models fit a board, found out when the app is built: the engine loads each model as a board of 32 bits would, with the kernels that read weights
 * in place, and its arena is planned then and never grows.
 */
import { readFileSync } from "node:fs";
import { ModelError } from "assay/tflite/model-error";
import { loadModel } from "assay/tflite/wasm";
import { openEngine } from "assay/tflite/wasm/engine";
import { BoardError } from "./board-error.ts";

/**
 * Bytes that boards have for models: what interpreters keep, constants of kernels, tensors. A Linux board counts as an ESP32 of 320 KB, of which 160 KB are the heap
 * of XS and 32 KB stacks and buffers; one with a service of its own (boards/linux-deb) has half of what its unit lets it use. Of an ESP32 board it is an estimate, which no
 * board has confirmed: what boards/esp32/esp32-board.ts leaves it beside ESP-IDF with Wi-Fi, less XS as its manifest begins it (or grows, on the ESP32: 96 KB), less 32 KB of
 * stacks, less 16 KB for sockets and TLS.
 */
export const MODEL_MEMORY: Readonly<Record<string, number>> = { linux: 128 * 1024, "linux-service": 32 * 1024 * 1024, "mps2-an500": 24 * 1024, esp32: 48 * 1024, esp32s3: 48 * 1024, esp32c3: 48 * 1024, esp32c6: 112 * 1024 };

/** A model of an app. */
export interface AppModel {
  /** as errors name it */
  readonly name: string;
  /** path of the .tflite file */
  readonly file: string;
}

/**
 * Loads the models; returns the bytes that each takes.
 *
 * @throws BoardError `MODEL_REFUSED`, `MODELS_TOO_LARGE`
 */
export async function checkModels(board: keyof typeof MODEL_MEMORY, models: readonly AppModel[]): Promise<number[]> {
  const most = MODEL_MEMORY[board]!;
  const engine = await openEngine({ kernels: "portable" });
  const taken: number[] = [];
  for (const { name, file } of models) {
    try {
      const model = await loadModel(new Uint8Array(readFileSync(file)), engine);
      taken.push(model.arenaBytes);
      model.close();
    } catch (cause) {
      if (!(cause instanceof ModelError)) throw cause;
      throw new BoardError("MODEL_REFUSED", `${name}: ${cause.code}: ${cause.message}`, { cause });
    }
  }
  const total = taken.reduce((sum, bytes) => sum + bytes, 0);
  if (total > most) {
    const each = models.map(({ name }, index) => `${name} ${taken[index]!.toLocaleString("en-US")}`).join(", ");
    throw new BoardError("MODELS_TOO_LARGE", `expected models that take at most ${most.toLocaleString("en-US")} bytes of memory on board ${board}, got ${total.toLocaleString("en-US")} (${each})`);
  }
  return taken;
}
