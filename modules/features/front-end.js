/** Front ends one after the other: the output of each is the input of the next, which has as many channels as a row of it has values. */
export function chain(...stages) {
    const width = (stage, channels) => stage.width?.(channels) ?? channels;
    return {
        description: `[${stages.map((stage) => stage.description).join(",")}]`,
        width: (channels) => stages.reduce((values, stage) => width(stage, values), channels),
        apply(window, channels) {
            let [values, row] = [window, channels];
            for (const stage of stages) {
                values = stage.apply(values, row);
                row = width(stage, row);
            }
            return values;
        },
    };
}
