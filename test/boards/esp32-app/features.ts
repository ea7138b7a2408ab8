/** Beside the app, so that a build shows that an app may have several files. */
export const mean = [0, 0, 1];
export const deviation = [0.5, 0.5, 0.5];
