/** An error of the MQTT client; `code` says which, the message says what was expected and what came. */
export class MqttError extends Error {
    code;
    constructor(code, message, options) {
        super(message, options);
        this.name = "MqttError";
        this.code = code;
    }
}
