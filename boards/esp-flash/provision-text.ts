/** A provision plan for people. */
import { CHIPS } from "./chips.ts";
import type { ProvisionPlan, ProvisionStep } from "./provision-plan.ts";

/** The plan as lines: each step, each eFuse with block, bits and value, what cannot be undone, and the command. */
export function provisionText(plan: ProvisionPlan, port = "PORT"): string {
  const fields = plan.steps.reduce((sum, { efuses }) => sum + efuses.length, 0);
  const lines = [`Plan for an ${CHIPS[plan.chip].title}: ${plan.steps.length} steps, ${fields} eFuse fields. Nothing is burned by showing it.`, ""];
  for (const step of plan.steps) lines.push(...stepLines(plan, step, port), "");
  lines.push("Notes", ...plan.notes.map((note) => `  - ${note}`));
  return lines.join("\n");
}

function stepLines(plan: ProvisionPlan, { order, title, kind, efuses, consequence, command, source }: ProvisionStep, port: string): string[] {
  return [
    `${order}. ${title}${kind === "by hand" ? " (by hand)" : ""}`,
    ...efuses.map(({ name, block, bits, value, meaning }) => `     ${name}${name === block ? "" : ` (${block})`}, ${bits} bit${bits === 1 ? "" : "s"} = ${value}: ${meaning}`),
    ...(consequence === "" ? [] : [`     irreversible: ${consequence}`]),
    ...(command.length === 0 ? [] : [`     espefuse --chip ${plan.chip} --port ${port} ${command.join(" ")}`]),
    `     ${source}`,
  ];
}
