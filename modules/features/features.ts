/** Signal front ends: what an app puts between its sensor and its model. */
export { chain, type FrontEnd } from "assay/features/front-end";
export { standardize } from "assay/features/standardize";
export { compress } from "assay/features/compress";
export { spectrum, type SpectrumOptions } from "assay/features/spectrum";
