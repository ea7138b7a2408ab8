/**
 * One line of JSON on the device's data line: what a simulator, a serial monitor or a bench reads. Never secrets.
 */
export function report(event, fields) {
    console.log(JSON.stringify({ event, ...fields }));
}
