/** Runs the Solidity compiler beside whoever asks for it: it computes for seconds, in which nothing else of its thread would run. */
import { parentPort, workerData } from "node:worker_threads";
import solc from "solc";

// Standard JSON in, standard JSON out.
parentPort?.postMessage(solc.compile(workerData as string));
