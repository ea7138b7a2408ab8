/** `mc/config`: the JSON text that the board has for it (on Linux the file that `--config` names, else `{}`). */
const configText = native("xs_board_config");
function parse(text) {
    let config;
    try {
        config = JSON.parse(text);
    }
    catch (cause) {
        throw new SyntaxError(`config: expected JSON, got something else (${String(cause)})`, { cause });
    }
    if (typeof config !== "object" || config === null || Array.isArray(config))
        throw new TypeError("config: expected a JSON object, got another value");
    return config;
}
const config = parse(configText());
export default config;
