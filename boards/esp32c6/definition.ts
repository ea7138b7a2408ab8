/** ESP32-C6 boards with 4 MB of flash. */
import { esp32Board } from "../esp32/esp32-board.ts";

export default esp32Board({
  name: "esp32c6",
  title: "ESP32-C6 with 4 MB of flash",
  chip: "RV32IMAC, 512 KB SRAM",
  // Code of about 80 KB shares the SRAM with data.
  ramBytes: 320 * 1024,
});
