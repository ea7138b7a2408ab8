const readValue = native("xs_keyValue_read");
const writeValue = native("xs_keyValue_write");
const deleteValue = native("xs_keyValue_delete");
class LinuxKeyValueStore {
    path;
    constructor(path) {
        this.path = path;
    }
    close() { }
    read(key) {
        return readValue(this.path, key);
    }
    write(key, value) {
        writeValue(this.path, key, value);
    }
    delete(key) {
        deleteValue(this.path, key);
    }
}
export default { open: (options) => new LinuxKeyValueStore(options.path) };
