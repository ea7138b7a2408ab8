/** The parts of the WebAssembly JavaScript interface that the engine is run by. TypeScript has them in its DOM library only, with a thousand names that Node lacks. */
declare namespace WebAssembly {
  /** Compiled code. It can be posted to workers. */
  class Module {
    private constructor();
  }
  class Instance {
    constructor(module: Module);
    readonly exports: unknown;
  }
  interface Memory {
    readonly buffer: ArrayBuffer;
  }
  function compile(bytes: ArrayBuffer | Uint8Array): Promise<Module>;
}
