/**
 * Sample sources in the manner of ECMA-419's sensor class pattern: `constructor(options)`, `sample()`, `close()`.
 */
/** A sensor that cannot give samples. */
export class SensorError extends Error {
    code;
    constructor(code, message, options) {
        super(message, options);
        this.name = "SensorError";
        this.code = code;
    }
}
