/** ESP32-S3 boards with 8 MB of flash. External RAM, if there is any, is not used. */
import { esp32Board } from "../esp32/esp32-board.ts";

export default esp32Board({
  name: "esp32s3",
  title: "ESP32-S3 with 8 MB of flash",
  chip: "Xtensa LX7, 512 KB SRAM",
  // Caches of 48 KB and code of about 80 KB share the SRAM with data.
  ramBytes: 256 * 1024,
});
