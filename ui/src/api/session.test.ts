import { describe, expect, it } from "vitest";
import type { MessageView, SessionView } from "./generated/types";
import { joined, knownOf, preceded } from "./session";

const message = (id: string, text = id, state = "complete") =>
  ({ id, state, message: { role: "user", parts: [{ type: "text", text }] } }) as unknown as MessageView;
const view = (after: string | null, ...messages: MessageView[]) =>
  ({ after, messages, title: "t" }) as unknown as SessionView;
const ids = (of: SessionView | null) => of?.messages.map((one) => one.id).join("");
const many = (count: number) => Array.from({ length: count }, (_, at) => message(`m${at}`));

describe("a conversation that is read in parts", () => {
  it("names what is settled, but not the last of it", () => {
    expect(knownOf(view(null, ...many(3)))).toEqual([]);
    expect(knownOf(view(null, ...many(6)))).toEqual(["m0", "m1"]);
    const known = knownOf(view(null, ...many(40), message("live", "", "streaming")));
    expect(known).toEqual(["m28", "m29", "m30", "m31", "m32", "m33", "m34", "m35"]);
  });

  it("puts what is new behind what is held", () => {
    const held = view(null, message("a"), message("b"), message("c"));
    const now = joined(held, view("b", message("c"), message("d")));
    expect(ids(now)).toBe("abcd");
    expect(now?.after).toBeNull();
    // what says the same stays the same
    for (const at of [0, 1, 2]) expect(now?.messages[at]).toBe(held.messages[at]);
  });

  it("takes another branch, and what says something else", () => {
    const held = view(null, message("a"), message("b"), message("c"), message("d"));
    const now = joined(held, view("a", message("b", "else"), message("e")));
    expect(ids(now)).toBe("abe");
    expect(now?.messages[1]).not.toBe(held.messages[1]);
  });

  it("knows when the parts do not fit", () => {
    expect(joined(view("x", message("c")), view("b", message("d")))).toBeNull();
    const held = view("b", message("c"));
    expect(preceded(held, view(null, message("a")))).toBe(held);
    expect(joined(undefined, held)).toBe(held);
  });

  it("keeps in mind that its beginning is missing until it came", () => {
    const held = joined(view("b", message("c")), view("c", message("d")));
    expect(held?.after).toBe("b");
    const all = held && preceded(held, view(null, message("a"), message("b")));
    expect(ids(all)).toBe("abcd");
    expect(all?.after).toBeNull();
    // a whole one replaces everything
    expect(ids(joined(all ?? undefined, view(null, message("a"), message("z"))))).toBe("az");
  });
});
