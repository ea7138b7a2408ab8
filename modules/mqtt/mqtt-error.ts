/** What went wrong between this client and its broker, or between the app and this client. */
export type MqttErrorCode =
  /** an option out of range or missing */
  | "BAD_OPTION"
  /** a topic name or filter that MQTT forbids (§4.7) */
  | "BAD_TOPIC"
  /** more subscriptions than a client keeps */
  | "TOO_MANY"
  /** a packet beyond `maxPacketBytes`; an incoming message of that size is acknowledged and discarded */
  | "TOO_LARGE"
  /** bytes that are no MQTT control packet; the connection was closed [MQTT-4.8.0-1] */
  | "MALFORMED"
  /** a well-formed packet that has no place here; the connection was closed [MQTT-4.8.0-1] */
  | "PROTOCOL"
  /** CONNACK return code 1 */
  | "REFUSED_VERSION"
  /** CONNACK return code 2 */
  | "REFUSED_IDENTIFIER"
  /** CONNACK return code 3 */
  | "REFUSED_UNAVAILABLE"
  /** CONNACK return code 4 */
  | "REFUSED_CREDENTIALS"
  /** CONNACK return code 5 */
  | "REFUSED_AUTHORIZATION"
  /** SUBACK return code 0x80: the broker does not give this client that topic */
  | "SUBSCRIPTION_REFUSED"
  /** no connection with CONNACK within `responseTimeoutMs` */
  | "TIMEOUT_CONNACK"
  /** no PINGRESP within `responseTimeoutMs` of a PINGREQ */
  | "TIMEOUT_PINGRESP"
  /** the broker sends but does not read: what it made this client answer no longer fits in memory */
  | "OUTPUT_OVERFLOW"
  /** name not resolved, connection refused, reset or ended by the other side */
  | "TRANSPORT"
  /** `close()` was called */
  | "CLOSED";

/** An error of the MQTT client; `code` says which, the message says what was expected and what came. */
export class MqttError extends Error {
  // A field, not an assignment: where built-in objects are in flash, Error.prototype.name cannot be assigned over.
  override readonly name = "MqttError";
  readonly code: MqttErrorCode;
  constructor(code: MqttErrorCode, message: string, options?: { cause: unknown }) {
    super(message, options);
    this.code = code;
  }
}
