import { describe, expect, it } from "vitest";
import { withFirst } from "./fresh-sessions";
import type { SessionPage, SessionRow } from "./generated/types";

const row = (id: string, updated_at: number, pinned = false) => ({ id, updated_at, pinned }) as SessionRow;
const page = (...sessions: SessionRow[]): SessionPage => ({ sessions, next: null });
const ids = (pages: { pages: SessionPage[] }) =>
  pages.pages.map((one) => one.sessions.map((each) => each.id).join(""));

describe("a long list of sessions", () => {
  const before = {
    pages: [page(row("a", 9), row("b", 8)), page(row("c", 7), row("d", 6)), page(row("e", 5))],
    pageParams: [null, "1", "2"],
  };

  it("moves what changed to the top and loses nothing", () => {
    const next = withFirst(before, page(row("d", 10), row("a", 9)));
    expect(ids(next)).toEqual(["da", "bc", "e"]);
  });

  it("drops what was deleted from its first page", () => {
    const next = withFirst(before, page(row("b", 8), row("c", 7)));
    expect(ids(next)).toEqual(["bc", "d", "e"]);
  });
});
