/** Activations: as a layer of their own, and by name at the end of another layer. */
import { valueOf, type Value } from "../value.ts";
import { unsupported, type LayerReader, type LayerUse } from "./layer.ts";

const NAMES = "linear, relu, relu6, elu, sigmoid, tanh, swish or softmax";

/** What an activation makes of a value. @throws TrainError `UNSUPPORTED_OPTION` for an activation that is not known */
export function activated(use: LayerUse, value: Value, activation: unknown): Value {
  const { shape } = value;
  const name = use.name;
  switch (activation ?? "linear") {
    case "linear":
      return value;
    case "relu":
    case "relu6":
    case "elu":
    case "sigmoid":
    case "tanh":
    case "softmax":
      return valueOf(name, { kind: activation as "relu" }, [value], shape);
    case "swish":
      return valueOf(name, { kind: "multiply", activation: "none" }, [value, valueOf(`${name}/sigmoid`, { kind: "sigmoid" }, [value], shape)], shape);
    default:
      throw unsupported(use, `the activation ${NAMES}`, activation);
  }
}

const activation: LayerReader = (use) => activated(use, use.inputs[0]!, use.config["activation"]);

const relu: LayerReader = (use) => {
  const bound = use.config["maxValue"] ?? null;
  if (bound !== null && bound !== 6) throw unsupported(use, "ReLU without a bound or with 6", bound);
  return activated(use, use.inputs[0]!, bound === null ? "relu" : "relu6");
};

const leakyRelu: LayerReader = ({ name, config, inputs, outputShape }) => {
  return valueOf(name, { kind: "leakyRelu", alpha: (config["alpha"] as number | undefined) ?? 0.3 }, inputs, outputShape);
};

/** tfjs knows no other slope than 1, as the operator. */
const elu: LayerReader = (use) => activated(use, use.inputs[0]!, "elu");

const softmax: LayerReader = (use) => {
  const axis = (use.config["axis"] as number | undefined) ?? -1;
  if (axis !== -1 && axis !== use.outputShape.length - 1) throw unsupported(use, "softmax over the last axis", axis);
  return activated(use, use.inputs[0]!, "softmax");
};

/** Readers by the layer's class. */
export const activationLayers: Readonly<Record<string, LayerReader>> = { Activation: activation, ReLU: relu, LeakyReLU: leakyRelu, ELU: elu, Softmax: softmax };
