/** Bytes that are not what the formats of this room allow, or values that do not fit into them. */
export class StatementError extends Error {
    code;
    constructor(code, message, options) {
        super(message, options);
        this.name = "StatementError";
        this.code = code;
    }
}
