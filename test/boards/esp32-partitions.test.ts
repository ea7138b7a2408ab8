import { readFileSync } from "node:fs";
import { join } from "node:path";
import test from "ava";
import { esp32Boards } from "../../boards/esp32/build.ts";

interface Partition {
  readonly name: string;
  readonly type: string;
  readonly subType: string;
  readonly offset: number;
  readonly size: number;
  readonly flags: string;
}

const boards = join(import.meta.dirname, "..", "..", "boards");
const flashBytes = { esp32: 4, esp32s3: 8, esp32c3: 4, esp32c6: 4 } as const;

function partitionsOf(board: string): Partition[] {
  return readFileSync(join(boards, board, "partitions.csv"), "utf8").split("\n").filter((line) => line !== "" && !line.startsWith("#")).map((line) => {
    const [name = "", type = "", subType = "", offset = "", size = "", flags = ""] = line.split(",").map((cell) => cell.trim());
    return { name, type, subType, offset: Number(offset), size: Number(size), flags };
  });
}

for (const board of esp32Boards) {
  test(`${board}: partitions lie one after the other within the flash, apps on 64 KB`, (t) => {
    const partitions = partitionsOf(board);
    // The partition table itself is the 4 KB at 0x8000.
    let end = 0x9000;
    for (const { name, type, offset, size } of partitions) {
      t.true(offset >= end && size > 0 && offset % 0x1000 === 0 && size % 0x1000 === 0, name);
      if (type === "app") t.is(offset % 0x10000, 0, name);
      end = offset + size;
    }
    t.true(end <= flashBytes[board] * 2 ** 20);
    t.regex(readFileSync(join(boards, board, "sdkconfig", "sdkconfig.defaults"), "utf8"), new RegExp(`^CONFIG_ESPTOOLPY_FLASHSIZE_${flashBytes[board]}MB=y$`, "m"));
  });

  test(`${board}: two slots for the app, keys and outbox in partitions of their own`, (t) => {
    const find = (name: string): Partition | undefined => partitionsOf(board).find((partition) => partition.name === name);
    t.is(find("ota_0")?.size, find("ota_1")?.size);
    t.is(find("otadata")?.size, 0x2000);
    t.like(find("nvs"), { type: "data", subType: "nvs", flags: "" });
    t.like(find("nvs_keys"), { type: "data", subType: "nvs_keys", size: 0x1000, flags: "encrypted" });
    // The SDK's flash driver looks for data partitions by name; flash encryption would need writes of 16 bytes, so this one is left as it is.
    t.like(find("outbox"), { type: "data", flags: "" });
    t.true(find("outbox")!.size >= 0x40000);
  });
}
