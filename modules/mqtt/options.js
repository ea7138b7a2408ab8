import { MqttError } from "assay/mqtt/mqtt-error";
/** Largest remaining length (§2.2.3). */
const MAX_REMAINING_LENGTH = 268_435_455;
/** @throws MqttError `BAD_OPTION` */
export function checkLimits(options) {
    const backoff = options.backoff ?? { minMs: 1000, maxMs: 60_000 };
    if (!(backoff.minMs > 0 && backoff.maxMs >= backoff.minMs && backoff.maxMs < Infinity)) {
        throw new MqttError("BAD_OPTION", `expected a backoff with 0 < minMs ≤ maxMs, got ${backoff.minMs} and ${backoff.maxMs}`);
    }
    if (options.host === "")
        throw new MqttError("BAD_OPTION", "expected a host, got an empty name");
    integer("port", options.port, 1, 0xffff);
    return {
        keepAliveSeconds: integer("keepAliveSeconds", options.keepAliveSeconds ?? 60, 0, 0xffff),
        backoff,
        responseTimeoutMs: integer("responseTimeoutMs", options.responseTimeoutMs ?? 10_000, 1, 0x7fffffff),
        maxPacketBytes: integer("maxPacketBytes", options.maxPacketBytes ?? 4096, 64, MAX_REMAINING_LENGTH),
        maxInflight: integer("maxInflight", options.maxInflight ?? 4, 1, 1000),
    };
}
function integer(name, value, least, most) {
    if (Number.isInteger(value) && value >= least && value <= most)
        return value;
    throw new MqttError("BAD_OPTION", `expected ${name} to be an integer from ${least} to ${most}, got ${value}`);
}
