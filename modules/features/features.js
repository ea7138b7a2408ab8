/** Signal front ends: what an app puts between its sensor and its model. */
export { chain } from "assay/features/front-end";
export { standardize } from "assay/features/standardize";
export { compress } from "assay/features/compress";
export { spectrum } from "assay/features/spectrum";
