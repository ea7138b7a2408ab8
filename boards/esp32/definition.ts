/** ESP32 boards with 4 MB of flash. */
import { esp32Board } from "./esp32-board.ts";

export default esp32Board({
  name: "esp32",
  title: "ESP32 with 4 MB of flash",
  chip: "Xtensa LX6, 520 KB SRAM",
  // 320 KB of data RAM, ESP-IDF's part off; the rest of the SRAM is for instructions (ESP-IDF, "Memory Types").
  ramBytes: 192 * 1024,
});
