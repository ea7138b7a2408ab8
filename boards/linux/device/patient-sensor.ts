import { SensorError, type Sensor } from "assay/sensor/sensor";

/** What a sensor's hardware does. Each of these may throw what the bus or the kernel throws. */
export interface SensorHardware {
  /** sets the sensor up, and again after a fault: it may have lost its supply, and its settings with that */
  configure(): void;
  /** writes a sample into `values`; false if there is none yet */
  read(values: Float64Array): boolean;
  close(): void;
}

/** Faults that follow one on the other until a sensor counts as gone, at least; and the time that they take at least, seconds. */
const FAULTS = 5;
const FAULTS_S = 2;

/**
 * A sensor that gets over faults of its bus: a sample is then missing, and the hardware is set up again before the next. A sensor that does not come back within two seconds
 * and five samples is gone.
 */
export class PatientSensor implements Sensor {
  private readonly name: string;
  private readonly hardware: SensorHardware;
  private readonly values: Float64Array;
  private readonly patience: number;
  private faults = 0;

  /** @throws SensorError `UNAVAILABLE` if the hardware cannot be set up */
  constructor(name: string, hardware: SensorHardware, options: { readonly channels: number; readonly rateHz: number }) {
    this.name = name;
    this.hardware = hardware;
    this.values = new Float64Array(options.channels);
    this.patience = Math.max(FAULTS, Math.ceil(options.rateHz * FAULTS_S));
    try {
      hardware.configure();
    } catch (cause) {
      hardware.close();
      throw unavailable(name, cause);
    }
  }

  /** @throws SensorError `UNAVAILABLE` when the sensor is gone */
  sample(): Float64Array | undefined {
    try {
      if (this.faults > 0) this.hardware.configure();
      const has = this.hardware.read(this.values);
      this.faults = 0;
      return has ? this.values : undefined;
    } catch (cause) {
      this.faults++;
      if (this.faults === 1) console.warn(`${this.name}: ${String(cause)}`);
      if (this.faults >= this.patience) throw unavailable(this.name, cause);
      return undefined;
    }
  }

  close(): void {
    this.hardware.close();
  }
}

/** Opens hardware. @throws SensorError `UNAVAILABLE`, or the SensorError that `open` throws */
export function openHardware<T>(name: string, open: () => T): T {
  try {
    return open();
  } catch (cause) {
    throw unavailable(name, cause);
  }
}

function unavailable(name: string, cause: unknown): SensorError {
  if (cause instanceof SensorError && cause.code !== "UNAVAILABLE") return cause;
  return new SensorError("UNAVAILABLE", `${name}: ${cause instanceof Error ? cause.message : String(cause)}`, { cause });
}
