import { isTauri } from "@tauri-apps/api/core";
import { tauri } from "./tauri";
import type { Platform } from "./types";
import { takeToken, web } from "./web";

export { CommandFailed, failed, type Given, type Platform, type Release, type Updates } from "./types";

function choose(): Platform {
  if (isTauri()) return tauri;
  takeToken();
  return web;
}

/** What carries this window. */
export const platform: Platform = choose();
