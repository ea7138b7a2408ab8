/*
 * Natives of an ESP32 under `assay/board`, `assay/esp32/console` and the main module, on ESP-IDF. Errors have no code here: whoever calls says what they mean.
 */
#include "xsmc.h"

#include <stdbool.h>
#include <stdio.h>

#include "app_update/include/esp_ota_ops.h"
#include "esp_partition.h"
#include "esp_random.h"
#include "esp_system.h"
#include "esp_timer.h"
#include "esp_wifi.h"
#include "sdkconfig.h"

#include "esp32-machine.h"

#define DIGEST_BYTES 32
#define MAX_ENTROPY_BYTES 256

/* () → the chip, such as "esp32s3" */
void xs_esp32_name(xsMachine *the) {
    xsmcSetString(xsResult, CONFIG_IDF_TARGET);
}

/* () → SHA-256 of the running image in flash: for an app this is the digest at the image's end, after it has been checked against the image */
void xs_esp32_digest(xsMachine *the) {
    uint8_t digest[DIGEST_BYTES];
    const esp_partition_t *running = esp_ota_get_running_partition();
    if (running == NULL || esp_partition_get_sha256(running, digest) != ESP_OK) xsUnknownError("expected an image with its digest in the running partition");
    xsmcSetArrayBuffer(xsResult, digest, sizeof digest);
}

/* (n: number) → n random bytes. Without the radio the generator's numbers are pseudo-random (ESP-IDF, "Random Number Generation"), so it is refused. */
void xs_esp32_entropy(xsMachine *the) {
    const xsIntegerValue n = xsmcArgc > 0 ? xsmcToInteger(xsArg(0)) : -1;
    uint8_t bytes[MAX_ENTROPY_BYTES];
    wifi_mode_t mode;
    if (n < 0 || n > MAX_ENTROPY_BYTES) xsRangeError("entropy: expected a number of bytes from 0 to %d", MAX_ENTROPY_BYTES);
    if (esp_wifi_get_mode(&mode) != ESP_OK || mode == WIFI_MODE_NULL) xsUnknownError("EAGAIN: expected Wi-Fi to be started, since it feeds the random number generator");
    esp_fill_random(bytes, (size_t)n);
    xsmcSetArrayBuffer(xsResult, bytes, n);
    for (volatile uint8_t *byte = bytes; byte < bytes + sizeof bytes; byte++) *byte = 0;
}

/* () → milliseconds since the start, with fractions */
void xs_esp32_ticks(xsMachine *the) {
    xsmcSetNumber(xsResult, (xsNumberValue)esp_timer_get_time() / 1000);
}

/* () → never: restarts the chip */
void xs_esp32_restart(xsMachine *the) {
    (void)the;
    fflush(stdout);
    esp_restart();
}

/* The app's callback: one for the whole image, as there is one machine. */
static xsSlot told;
static bool is_told = false;

/* (callback: () => void): called once by xs_esp32_shutdown */
void xs_esp32_onShutdown(xsMachine *the) {
    if (xsmcArgc < 1 || !xsmcIsCallable(xsArg(0))) xsTypeError("onShutdown: expected a function, got another value");
    told = xsArg(0);
    if (!is_told) xsRemember(told);
    is_told = true;
}

/* () */
void xs_esp32_shutdown(xsMachine *the) {
    if (!is_told) xs_esp32_restart(the);
    xsResult = told;
    xsForget(told);
    is_told = false;
    xsCallFunction0(xsResult, xsGlobal);
    xsmcSetUndefined(xsResult);
}

/* (line: string) */
void xs_esp32_log(xsMachine *the) {
    const char *line = xsmcArgc > 0 ? xsmcToString(xsArg(0)) : "";
#ifdef mxDebug
    /* The debugger has the serial port. */
    xsTrace((char *)(uintptr_t)line);
    xsTrace("\n");
#else
    puts(line);
#endif
}

/* (): this image stays, where the bootloader would otherwise go back to the one before (CONFIG_BOOTLOADER_APP_ROLLBACK_ENABLE) */
void xs_esp32_confirmImage(xsMachine *the) {
    (void)the;
    esp_ota_mark_app_valid_cancel_rollback();
}

/* () → version of XS */
void xs_esp32_engine(xsMachine *the) {
    char version[24];
    int major, minor;
    assay_machine_version(&major, &minor);
    snprintf(version, sizeof version, "%d.%d", major, minor);
    xsmcSetString(xsResult, version);
}

/* () → bytes of bytecode of modules that are not preloaded */
void xs_esp32_codeBytes(xsMachine *the) {
    xsmcSetInteger(xsResult, (xsIntegerValue)assay_machine_code_bytes());
}

/* () → [slotsUsed, slots, chunkBytesUsed, chunkBytes] */
void xs_esp32_memory(xsMachine *the) {
    const assay_machine_memory memory = assay_machine_memory_of(the);
    const int32_t figures[] = { memory.slots_used, memory.slots, memory.chunk_bytes_used, memory.chunk_bytes };
    const xsIntegerValue count = (xsIntegerValue)(sizeof figures / sizeof figures[0]);
    xsmcVars(1);
    xsmcSetNewArray(xsResult, count);
    for (xsIntegerValue i = 0; i < count; i++) {
        xsmcSetInteger(xsVar(0), figures[i]);
        xsmcSetIndex(xsResult, (xsIndex)i, xsVar(0));
    }
}
