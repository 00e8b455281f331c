// The English texts are the types of all texts.

import type activity from "../locales/en/activity.json";
import type agents from "../locales/en/agents.json";
import type app from "../locales/en/app.json";
import type approvals from "../locales/en/approvals.json";
import type chat from "../locales/en/chat.json";
import type connect from "../locales/en/connect.json";
import type figures from "../locales/en/figures.json";
import type keys from "../locales/en/keys.json";
import type links from "../locales/en/links.json";
import type markdown from "../locales/en/markdown.json";
import type models from "../locales/en/models.json";
import type onboarding from "../locales/en/onboarding.json";
import type parts from "../locales/en/parts.json";
import type providers from "../locales/en/providers.json";
import type settings from "../locales/en/settings.json";
import type usage from "../locales/en/usage.json";

export interface Texts {
  activity: typeof activity;
  agents: typeof agents;
  app: typeof app;
  approvals: typeof approvals;
  chat: typeof chat;
  connect: typeof connect;
  figures: typeof figures;
  keys: typeof keys;
  links: typeof links;
  markdown: typeof markdown;
  models: typeof models;
  onboarding: typeof onboarding;
  parts: typeof parts;
  providers: typeof providers;
  settings: typeof settings;
  usage: typeof usage;
}

declare module "i18next" {
  interface CustomTypeOptions {
    resources: Texts;
    returnNull: false;
  }
}
