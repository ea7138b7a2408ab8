import { openEnvironment } from "assay/board/environment";
import { SensorError } from "assay/sensor/sensor";
/**
 * The board's climate sensor: temperature in °C, relative humidity in %, pressure in Pa.
 *
 * @throws SensorError `BAD_OPTION`; `open()` throws `UNAVAILABLE` where the board has none, or it does not answer
 */
export function environment(options) {
    const { rate } = options;
    if (!(rate >= 0.001 && rate <= 10))
        throw new SensorError("BAD_OPTION", `environment: expected a rate from 0.001 to 10 Hz, got ${rate}`);
    return { name: "environment", channels: ["temperature", "humidity", "pressure"], rateHz: rate, open: () => openEnvironment({ rateHz: rate }) };
}
