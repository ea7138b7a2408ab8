/** The app's `model.tflite` (data of its manifest), in place in flash: what `import model from "./model.tflite"` gives. JavaScript, since it is no module of TypeScript's. */
import Resource from "Resource";

export default new Resource("model.tflite");
