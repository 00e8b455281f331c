// What this window remembers by itself: drafts and small choices. Storage may be missing or full; nothing depends on it.

export function remember(key: string, value: string | null): void {
  try {
    if (value === null || value === "") localStorage.removeItem(`inglenook.${key}`);
    else localStorage.setItem(`inglenook.${key}`, value);
  } catch {
    // a draft that could not be kept is still on the screen
  }
}

export function recall(key: string): string | null {
  try {
    return localStorage.getItem(`inglenook.${key}`);
  } catch {
    return null;
  }
}
