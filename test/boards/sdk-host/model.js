/** `model.tflite` of the example: a file of this machine. */
const readFile = native("xs_host_file");
const argument = native("xs_host_argument");

export default readFile(argument(3));
