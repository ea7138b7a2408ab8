const codes = [
    "MALFORMED",
    "NOT_A_MODEL",
    "MISSING_OPERATORS",
    "UNSUPPORTED",
    "INVALID_GRAPH",
    "INVALID_TENSOR",
    "INVALID_QUANTIZATION",
    "INVALID_OPERATOR",
    "TOO_LARGE",
    "MEMORY",
    "INPUT",
    "CLOSED",
];
function isCode(text) {
    return codes.includes(text);
}
/** An error of a model; `code` says which, the message names operator and tensor and says what was expected and what came. */
export class ModelError extends Error {
    code;
    constructor(code, message) {
        super(message);
        this.name = "ModelError";
        this.code = code;
    }
    /** From what the engine in C returns: "CODE: message". */
    static fromEngine(text) {
        const colon = text.indexOf(": ");
        const code = text.slice(0, colon);
        if (!isCode(code))
            throw new Error(`expected a code of the engine, got ${text}`);
        return new ModelError(code, text.slice(colon + 2));
    }
}
