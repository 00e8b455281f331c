// Agents as files: written by the app, read by the app; what a file says is shown before anything is made of it.

import { run } from "@/api/client";
import type { Agent, AgentDraft, AgentFile } from "@/api/generated/types";
import { sayFailure, saySo } from "@/components/toasts";
import { freeSlug } from "@/lib/slug";
import { failed, platform } from "@/platform";
import { type Fields, fieldsOf } from "./draft";
import { t } from "./words";

/** Saves the agent's file. */
export async function exportAgent(agent: Agent): Promise<void> {
  try {
    const file = await run("agent.export", { agent: agent.id });
    const path = await platform.save(file.name, "application/toml", [file.text]);
    saySo(path === null ? t("exported") : t("exportedAt", { path }));
  } catch (error) {
    sayFailure(failed(error));
  }
}

/** The form of a new agent that is made like another one, under a name that is free. */
export function fieldsLike(draft: AgentDraft, all: readonly Agent[]): Fields {
  return { ...fieldsOf(draft), slug: freeSlug(draft.slug, new Set(all.map((one) => one.slug))) };
}

export const copyOf = (agent: Agent, all: readonly Agent[]): Fields => ({
  ...fieldsLike(agent, all),
  name: t("copyName", { name: agent.name }),
});

/** Reads a file that somebody chose; `null` after it was said what is wrong with it. */
export async function importAgent(file: File, all: readonly Agent[]): Promise<Fields | null> {
  try {
    return fieldsLike(await run("agent.read", { text: await file.text() }), all);
  } catch (error) {
    sayFailure(failed(error));
    return null;
  }
}

/** Files that somebody chose, as they are read together. */
export const textsOf = (files: readonly File[]): Promise<AgentFile[]> =>
  Promise.all(files.map(async (file) => ({ name: file.name, text: await file.text() })));
