import { AppError } from "assay/app";
function fail(field, expected, got) {
    throw new AppError("BAD_CONFIG", `config.${field}: expected ${expected}, got ${got === null ? "null" : typeof got === "object" ? "an object" : `${typeof got} ${String(got)}`}`);
}
function object(fields, name) {
    const value = fields[name];
    if (value === undefined)
        return undefined;
    if (typeof value !== "object" || value === null || Array.isArray(value))
        fail(name, "an object", value);
    return value;
}
function text(fields, path, name) {
    const value = fields[name];
    if (typeof value !== "string" || value.length === 0 || value.length > 1024)
        fail(`${path}${name}`, "a string of 1 to 1024 characters", value);
    return value;
}
/** Like `text`, but its value is a secret and never part of a message. */
function secret(fields, path, name) {
    const value = fields[name];
    if (typeof value !== "string" || value.length > 1024)
        throw new AppError("BAD_CONFIG", `config.${path}${name}: expected a string of at most 1024 characters`);
    return value;
}
function flag(fields, path, name, otherwise) {
    const value = fields[name];
    if (value === undefined)
        return otherwise;
    if (typeof value !== "boolean")
        fail(`${path}${name}`, "true or false", value);
    return value;
}
function number(fields, path, name, low, high) {
    const value = fields[name];
    if (typeof value !== "number" || !(value >= low && value <= high))
        fail(`${path}${name}`, `a number from ${low} to ${high}`, value);
    return value;
}
/**
 * Checks the configuration.
 * @throws AppError `BAD_CONFIG`, naming the field, what was expected and what came (never a password)
 */
export function readSettings(config) {
    const broker = object(config, "broker");
    const trace = object(config, "trace");
    return {
        broker: broker && {
            host: text(broker, "broker.", "host"),
            port: number(broker, "broker.", "port", 1, 65535),
            ...(broker["user"] === undefined ? {} : { user: text(broker, "broker.", "user") }),
            ...(broker["password"] === undefined ? {} : { password: secret(broker, "broker.", "password") }),
        },
        trace: trace && {
            file: text(trace, "trace.", "file"),
            speed: trace["speed"] === undefined ? 1 : number(trace, "trace.", "speed", 0.01, 1000),
            repeat: flag(trace, "trace.", "repeat", true),
        },
        provision: flag(config, "", "provision", false),
        time: flag(config, "", "time", true),
        seed: config["seed"] === undefined ? undefined : number(config, "", "seed", 0, 0xffffffff),
    };
}
