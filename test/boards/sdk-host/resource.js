/** The SDK's `Resource`, of which this program has none. */
export default class Resource {
  constructor(name) {
    throw new Error(`resource not found: ${name}`);
  }
}
