/** What a device's binary is compiled for: a processor, its C library, and the board whose C files stand under the runtime. */

/** A kind of machine that devices run on. */
export interface Target {
  /** names its folder below `build/`, such as "linux-arm64" */
  readonly name: string;
  /** folder with the board's C files, relative to the checkout or absolute */
  readonly board: string;
  /** the C compiler; its linker too */
  readonly compiler: string;
  /** Debian packages that bring it, for the error that it is missing */
  readonly packages: string;
  /** flags for every file: the processor and the like */
  readonly machine: readonly string[];
  /** for XS, the runtime, the board and modules */
  readonly optimization: readonly string[];
  /** flags for linking */
  readonly link: readonly string[];
  /** whether the board has sockets, and so TLS where mbedTLS is found for this target */
  readonly hasSockets: boolean;
  /** folders and files below `modules/` that are for other machines */
  readonly without: readonly string[];
}

const linuxLink = ["-Wl,--gc-sections", "-lm", "-lpthread"];
const linuxWithout = ["tflite/wasm", "tflite/kernels/arm-dsp"];

/** Linux on this machine's processor. */
export const linux: Target = {
  name: "linux",
  board: "boards/linux",
  compiler: "gcc",
  packages: "gcc libc6-dev",
  machine: [],
  optimization: ["-O2"],
  link: linuxLink,
  hasSockets: true,
  without: linuxWithout,
};

/** Linux on 64-bit Arm, such as a Raspberry Pi 3, 4, 5 or Zero 2 with a 64-bit system. */
export const linuxArm64: Target = { ...linux, name: "linux-arm64", compiler: "aarch64-linux-gnu-gcc", packages: "gcc-aarch64-linux-gnu libc6-dev-arm64-cross", machine: ["-march=armv8-a"] };

/** Linux on 32-bit Arm with hard floating point, as Debian's armhf: a Raspberry Pi 2 and newer. Its clock goes on after January 2038 (glibc, _TIME_BITS). */
export const linuxArmhf: Target = {
  ...linux,
  name: "linux-armhf",
  compiler: "arm-linux-gnueabihf-gcc",
  packages: "gcc-arm-linux-gnueabihf libc6-dev-armhf-cross",
  machine: ["-march=armv7-a", "-mfpu=vfpv3-d16", "-mfloat-abi=hard", "-D_FILE_OFFSET_BITS=64", "-D_TIME_BITS=64"],
};
