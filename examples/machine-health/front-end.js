/** What the front end was trained with: written by train.ts, one number per channel of the sensor, after compression. */
export const mean = [0.581325, 0.315684, 0.192699, 0.0302084, 10.1531, 9.85138, 4.78569, 6.99462, 13.0512, 0.0145645];
export const deviation = [0.83728, 0.431176, 0.301372, 0.0622787, 2.68504, 2.13042, 9.84454, 10.5372, 7.15233, 0.0596584];
/** Channels that are compressed by a logarithm. */
export const compressed = [0, 1, 2, 3, 4, 5, 6, 7, 8];
