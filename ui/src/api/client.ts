import type { Commands } from "@/api/generated/types";
import { platform } from "@/platform";

export type CommandName = keyof Commands;
export type Args<N extends CommandName> = Commands[N]["args"];
export type Result<N extends CommandName> = Commands[N]["result"];

/** Runs a command; rejects with a `CommandFailed`. */
export async function run<N extends CommandName>(name: N, args: Args<N>): Promise<Result<N>> {
  return (await platform.control(name, args)) as Result<N>;
}
