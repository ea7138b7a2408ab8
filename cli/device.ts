/** `assay device`: devices in the registry on the chain, their keys, and what becomes of them. */
import { Command } from "commander";
import { deviceBondCommand } from "./device-bond.ts";
import { deviceListCommand } from "./device-list.ts";
import { deviceRegisterCommand } from "./device-register.ts";
import { deviceRevokeCommand } from "./device-revoke.ts";
import { deviceRotateCommand } from "./device-rotate.ts";
import { deviceTransferCommand } from "./device-transfer.ts";

/** The command and its verbs. */
export function deviceCommand(): Command {
  return new Command("device")
    .description("register devices on the chain, list them, rotate and revoke their keys, pass them on, post bonds")
    .addCommand(deviceRegisterCommand())
    .addCommand(deviceListCommand())
    .addCommand(deviceRotateCommand())
    .addCommand(deviceRevokeCommand())
    .addCommand(deviceTransferCommand())
    .addCommand(deviceBondCommand());
}
