/** Sensors that a driver of the Linux kernel reads: Industrial I/O (Documentation/ABI/testing/sysfs-bus-iio). A channel's value is (raw + offset) · scale, in the unit of its kind. */
import { SensorError } from "assay/sensor/sensor";

const readAttribute = native<(path: string) => string | undefined>("xs_sysfs_read");
const writeAttribute = native<(path: string, text: string) => void>("xs_sysfs_write");

/** Where the kernel lists the devices. */
const ROOT = "/sys/bus/iio/devices";

/** A device of IIO. */
export class IioDevice {
  private readonly folder: string;

  /**
   * @param device N of iio:deviceN
   * @param root a folder in place of /sys/bus/iio/devices
   * @throws SensorError `UNAVAILABLE` if there is none
   */
  constructor(device: number, root = ROOT) {
    this.folder = `${root}/iio:device${device}`;
    if (this.text("name") === undefined) throw new SensorError("UNAVAILABLE", `expected a device at ${this.folder}, got none; ls ${root} shows those that the kernel has`);
  }

  /**
   * A channel, such as `accel_x`: a function that reads it, in the unit that the kernel gives its kind.
   * @throws SensorError `UNAVAILABLE` if the device has none of that name
   */
  channel(name: string): () => number {
    if (this.text(`in_${name}_input`) !== undefined) return () => this.number(`in_${name}_input`);
    if (this.text(`in_${name}_raw`) === undefined) throw new SensorError("UNAVAILABLE", `expected the channel ${name} of ${this.folder} (${this.text("name")}), got none`);
    const scale = this.shared(name, "scale") ?? 1;
    const offset = this.shared(name, "offset") ?? 0;
    return () => (this.number(`in_${name}_raw`) + offset) * scale;
  }

  /**
   * Has the device measure at least so often, where it lets its rate be set.
   * @param kind such as `accel`
   */
  setRate(kind: string, rateHz: number): void {
    const name = ["sampling_frequency", `in_${kind}_sampling_frequency`].find((one) => this.text(one) !== undefined);
    if (name === undefined || this.number(name) >= rateHz) return;
    try {
      const available = (this.text(`${name}_available`) ?? "").split(" ").map(Number).filter((value) => value >= rateHz);
      writeAttribute(`${this.folder}/${name}`, `${available.length > 0 ? Math.min(...available) : rateHz}`);
    } catch (cause) {
      throw new SensorError("UNAVAILABLE", `expected ${this.folder}/${name} to become ${rateHz} Hz, got ${String(cause)}; set it, or choose a lower rate`, { cause });
    }
  }

  /** An attribute of the channel, or of all of its kind: in_accel_x_scale, in_accel_scale. */
  private shared(name: string, attribute: string): number | undefined {
    const own = `in_${name}_${attribute}`;
    const kind = `in_${name.split("_")[0]}_${attribute}`;
    const found = [own, kind].find((one) => this.text(one) !== undefined);
    return found === undefined ? undefined : this.number(found);
  }

  private text(attribute: string): string | undefined {
    return readAttribute(`${this.folder}/${attribute}`);
  }

  private number(attribute: string): number {
    const text = this.text(attribute);
    const value = text === undefined || text.trim() === "" ? Number.NaN : Number(text);
    if (!Number.isFinite(value)) throw new SensorError("UNAVAILABLE", `expected a number in ${this.folder}/${attribute}, got ${text ?? "nothing"}`);
    return value;
  }
}
