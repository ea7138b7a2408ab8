/** An error of the outbox; `code` says which, the message says what was expected and what came. */
export class OutboxError extends Error {
    code;
    constructor(code, message, options) {
        super(message, options);
        this.name = "OutboxError";
        this.code = code;
    }
}
