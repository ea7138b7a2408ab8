/** Addresses in certificates: the small DER reader that a server's certificate goes through (boards/linux/tls-names.c), under the sanitizers. */
import { execFileSync } from "node:child_process";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import test from "ava";
import { temporaryFolder } from "../runtime/device.ts";

const board = join(import.meta.dirname, "..", "..", "boards", "linux");

/** An element of DER. */
function der(tag: number, ...parts: readonly (Uint8Array | readonly number[])[]): Buffer {
  const content = Buffer.concat(parts.map((part) => Uint8Array.from(part)));
  const length = content.length < 0x80 ? [content.length] : content.length < 0x100 ? [0x81, content.length] : [0x82, content.length >> 8, content.length & 255];
  return Buffer.concat([Uint8Array.from([tag, ...length]), content]);
}

const OTHER = der(0x30, der(0x06, [0x55, 0x1d, 0x13]), der(0x01, [0xff]), der(0x04, der(0x30)));
const names = (...all: readonly Buffer[]): Buffer => der(0x30, OTHER, der(0x30, der(0x06, [0x55, 0x1d, 0x11]), der(0x04, der(0x30, ...all))));
const dns = (name: string): Buffer => der(0x82, Buffer.from(name));
const V4 = [192, 0, 2, 7];
const V6 = [0x20, 1, 0xd, 0xb8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1];

/** Asks the harness, a line per question. */
function ask(folder: string, questions: readonly (readonly [Uint8Array, readonly number[]])[]): string {
  const main = join(folder, "main.c");
  writeFileSync(
    main,
    `#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "tls-names.h"
/* Each in memory of its own size, so that a byte read behind it is found. */
static uint8_t *take(const char *hex, size_t *size) {
    uint8_t *bytes;
    *size = strlen(hex) / 2;
    bytes = malloc(*size + (*size == 0));
    for (size_t i = 0; i < *size; i++) {
        unsigned value;
        if (sscanf(hex + 2 * i, "%2x", &value) != 1) abort();
        bytes[i] = (uint8_t)value;
    }
    return bytes;
}
int main(void) {
    static char extensions[8192], address[64];
    while (scanf("x%8190s x%60s\\n", extensions, address) == 2) {
        size_t size, address_size;
        uint8_t *bytes = take(extensions + 1, &size), *wanted = take(address + 1, &address_size);
        putchar(assay_tls_names_address(bytes, size, wanted, address_size) ? '1' : '0');
        free(bytes);
        free(wanted);
    }
    return 0;
}
`,
  );
  const flags = ["-std=c99", "-g", "-O1", "-Wall", "-Wextra", "-Wconversion", "-Werror", "-fsanitize=address,undefined", "-fno-sanitize-recover=undefined", `-I${board}`];
  execFileSync("gcc", [...flags, main, join(board, "tls-names.c"), "-o", join(folder, "main")]);
  const input = questions.map(([extensions, address]) => `x_${Buffer.from(extensions).toString("hex")} x_${Buffer.from(address).toString("hex")}\n`).join("");
  return execFileSync(join(folder, "main"), { input, encoding: "utf8", maxBuffer: 1 << 24 });
}

test("an address is found among the names of a certificate, and nothing else is taken for one", (t) => {
  const questions: [Uint8Array, readonly number[], string][] = [
    [names(dns("localhost"), der(0x87, V4)), V4, "1"],
    [names(der(0x87, V6), der(0x87, V4)), V6, "1"],
    // lengths of two and three bytes
    [names(dns("a".repeat(150)), der(0x87, V4)), V4, "1"],
    [names(dns("a".repeat(400)), der(0x87, V4)), V4, "1"],
    [names(der(0x87, V4)), [192, 0, 2, 8], "0"],
    [names(der(0x87, V6)), V6.slice(0, 4), "0"],
    // an address with its mask is a constraint's, no name
    [names(der(0x87, [...V4, 255, 255, 255, 0])), V4, "0"],
    [names(dns("192.0.2.7")), V4, "0"],
    [names(der(0x82, V4)), V4, "0"],
    // the same bytes in another extension
    [der(0x30, der(0x30, der(0x06, [0x55, 0x1d, 0x12]), der(0x04, der(0x30, der(0x87, V4))))), V4, "0"],
    [names(), V4, "0"],
    [Buffer.alloc(0), V4, "0"],
    [Buffer.from([0x30, 0x80, 0, 0]), V4, "0"],
    [Buffer.from([0x30, 0x84, 0xff, 0xff, 0xff, 0xff]), V4, "0"],
  ];
  t.is(ask(temporaryFolder(t), questions.map(([extensions, address]) => [extensions, address])), questions.map(([, , answer]) => answer).join(""));
});

test("no damaged certificate is read beyond its end", (t) => {
  const whole = names(dns("localhost"), dns("b".repeat(200)), der(0x87, V6), der(0x87, V4));
  const questions: [Uint8Array, readonly number[]][] = [];
  for (let length = 0; length < whole.length; length++) questions.push([whole.subarray(0, length), V4]);
  for (let at = 0; at < whole.length; at++) {
    for (const value of [0, 1, 0x7f, 0x80, 0x81, 0x82, 0x83, 0xff, whole[at]! ^ 1]) {
      const damaged = Buffer.from(whole);
      damaged[at] = value;
      questions.push([damaged, V4]);
    }
  }
  const answers = ask(temporaryFolder(t), questions);
  t.is(answers.length, questions.length);
  // Cut short, it never has the address, which comes last.
  t.is(answers.slice(0, whole.length), "0".repeat(whole.length));
});
