/** `embedded:io/smbus` (ECMA-419 SMBus class): registers of a device on an I2C bus. A register is written and read in one transfer, with a repeated start. */
import I2C from "embedded:io/i2c";

export default class SMBus extends I2C {
  readUint8(register: number): number {
    return new Uint8Array(this.readBuffer(register, 1))[0]!;
  }

  readUint16(register: number, bigEndian = false): number {
    return new DataView(this.readBuffer(register, 2)).getUint16(0, !bigEndian);
  }

  writeUint8(register: number, value: number): void {
    this.write(Uint8Array.of(register, value));
  }

  writeUint16(register: number, value: number, bigEndian = false): void {
    this.write(bigEndian ? Uint8Array.of(register, value >> 8, value) : Uint8Array.of(register, value, value >> 8));
  }

  readBuffer(register: number, into: number | Uint8Array): ArrayBuffer {
    this.write(Uint8Array.of(register), false);
    return this.read(into);
  }

  writeBuffer(register: number, buffer: ArrayBuffer | Uint8Array): void {
    const bytes = new Uint8Array(1 + buffer.byteLength);
    bytes[0] = register;
    bytes.set(buffer instanceof Uint8Array ? buffer : new Uint8Array(buffer), 1);
    this.write(bytes);
  }

  sendByte(command: number): void {
    this.write(Uint8Array.of(command));
  }

  receiveByte(): number {
    return new Uint8Array(this.read(1))[0]!;
  }
}
