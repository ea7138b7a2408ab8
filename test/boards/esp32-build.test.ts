import { readFileSync } from "node:fs";
import { join } from "node:path";
import test from "ava";
import { BoardError } from "../../boards/board-error.ts";
import { buildWithModdable, esp32Boards } from "../../boards/esp32/build.ts";
import { linkedImage } from "../../boards/esp32/linked-image.ts";
import { testWithIdf, testWithModdable } from "./moddable.ts";

const root = join(import.meta.dirname, "..", "..");
const folder = join(root, "examples", "vibration");
/** Without ESP-IDF, also where it is there: a build of the whole firmware is a test of its own. */
const withoutIdf = { ...process.env, IDF_PATH: undefined };

/** A warning of xsl names the module and the way from there, one of xsc the file; what is not in the SDK's own TLS, or reached through its socket, is ours. */
const ofTheSdk = (warning: string, sdk: string): boolean => warning.startsWith(`${sdk}/`) || /^### warning: (ssl\/|.* TLSSocket\(\) Session\(\) )/.test(warning);

test("Without the Moddable SDK a build says what is missing", async (t) => {
  const app = join(folder, "app.ts");
  const unset = await t.throwsAsync(buildWithModdable({ app, board: "esp32s3", environment: {} }), { instanceOf: BoardError });
  t.is(unset?.code, "NO_SDK");
  t.regex(unset?.message ?? "", /expected the environment variable MODDABLE .*xs-dev setup/);
  const empty = await t.throwsAsync(buildWithModdable({ app, board: "esp32s3", environment: { MODDABLE: folder } }), { instanceOf: BoardError });
  t.is(empty?.code, "NO_SDK");
  t.regex(empty?.message ?? "", /got no mcconfig in/);
});

test("The size of an image is the bytecode of its modules and of the functions that were preloaded", (t) => {
  const image = linkedImage(
    [
      '\t{ NULL, NULL, 0, (txS1*)gxCode1, 429, NULL, 0, "main", { XS_MAJOR_VERSION, XS_MINOR_VERSION, XS_PATCH_VERSION, 0 } },',
      '\t{ xsHostModule0, NULL, 0, NULL, 0, NULL, 0, "embedded:io/i2c", { XS_MAJOR_VERSION, XS_MINOR_VERSION, XS_PATCH_VERSION, 0 } },',
      '/* 1 */\t{ (txSlot*)&gxHeap[2], {.ID = xsID_f, .flag = 0x8b, .kind = XS_CODE_X_KIND}, .value = { .code = { (txByte*)"\\x0c\\x03\\x00", (txSlot*)&gxHeap[3] } } },',
      "\t946,",
      "\t{ 32768, 1024, 2048, 64, 1024, 32, 32, 53, 3, 1024, 17, 0, 16384},",
      '\t"main",',
    ].join("\n"),
  );
  t.deepEqual(image, { modules: ["main", "embedded:io/i2c"], codeBytes: 432, preloadedCodeBytes: 3, machine: { chunkBytes: 32768, slotBytes: 32768, fixedBytes: 0, stackBytes: 16384, nativeStackBytes: 16384 } });
  t.throws(() => linkedImage("int main;"), { instanceOf: BoardError, code: "SDK_FAILED" });
});

for (const board of esp32Boards) {
  testWithModdable(`${board}: an app is type-checked, preloaded, stripped and linked by the SDK without a warning of its own`, async (t, sdk) => {
    const built = await buildWithModdable({ app: join(folder, "app.ts"), board, environment: withoutIdf, config: { wifi: { networks: [{ ssid: "example" }] } } });
    t.log(`${board}, Moddable SDK ${built.sdk}: linked bytecode ${built.codeBytes} B, of which ${built.preloadedCodeBytes} B preloaded; resources ${built.resourceBytes} B`);
    t.deepEqual(built.warnings.filter((warning) => !ofTheSdk(warning, sdk)), []);
    const { modules } = linkedImage(readFileSync(built.image, "utf8"));
    for (const name of ["main", "app", "front-end", "model.tflite", "mc/config", "assay/app/run", "assay/app/attestation-policy", "assay/sensor/accelerometer", "assay/features/spectrum", "assay/features/band-powers", "assay/board", "assay/board/tls", "assay/board/environment", "embedded:update", "embedded:storage/flash"]) {
      t.true(modules.includes(name), `expected ${name} in the image`);
    }
    // With all of TLS: 147,592 to 148,951 B when this was written.
    t.true(built.codeBytes > 50_000 && built.codeBytes < 200_000, `got ${built.codeBytes} B`);
    t.is(built.firmware, undefined);
  });
}

testWithModdable("An app's own manifest includes Assay's and builds the same", async (t) => {
  const built = await buildWithModdable({ app: join(folder, "manifest.json"), board: "esp32c3", environment: withoutIdf });
  t.true(linkedImage(readFileSync(built.image, "utf8")).modules.includes("app"));
  t.regex(readFileSync(join(built.image, "..", "mc.config.js"), "utf8"), /broker\.example/);
});

testWithModdable("An app with a sensor that only Linux has is refused by name", async (t) => {
  const error = await t.throwsAsync(buildWithModdable({ app: join(root, "examples", "machine-health", "app.ts"), board: "esp32c6", environment: withoutIdf }), { instanceOf: BoardError });
  t.is(error?.code, "UNRESOLVED_IMPORT");
  t.regex(error?.message ?? "", /machine-health\/app\.ts imports assay\/sensor\/machine-load/);
});

for (const board of esp32Boards) {
  testWithIdf(`${board}: the whole firmware is built`, async (t) => {
    const built = await buildWithModdable({ app: join(folder, "app.ts"), board, config: { wifi: { networks: [{ ssid: "example" }] } } });
    t.truthy(built.firmware);
    t.log(`${board}: ${readFileSync(built.firmware!.app).length} B`);
  });
}
