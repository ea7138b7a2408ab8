/** A front end with parameters that cannot be meant, or a window that it cannot take. */
export class FeaturesError extends Error {
    code;
    constructor(code, message) {
        super(message);
        this.name = "FeaturesError";
        this.code = code;
    }
}
