/** Starts a chain, prints its process id, and waits to be killed: for the test that nothing outlives its parent. */
import { startAnvil } from "../../contracts/anvil.ts";

const anvil = await startAnvil();
console.log(anvil.pid);
await anvil.ended;
