/** ESP32-C3 boards with 4 MB of flash. */
import { esp32Board } from "../esp32/esp32-board.ts";

export default esp32Board({
  name: "esp32c3",
  title: "ESP32-C3 with 4 MB of flash",
  chip: "RV32IMC, 400 KB SRAM",
  // A cache of 16 KB and code of about 80 KB share the SRAM with data.
  ramBytes: 192 * 1024,
});
