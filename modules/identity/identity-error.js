/** A device's key or boot count cannot be had. Messages never contain a secret. */
export class IdentityError extends Error {
    code;
    constructor(code, message, options) {
        super(message, options);
        this.name = "IdentityError";
        this.code = code;
    }
}
