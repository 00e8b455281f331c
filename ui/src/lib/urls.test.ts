import { describe, expect, it } from "vitest";
import { isSlug, proposedSlug, slugOf } from "./slug";
import { offeredUrl } from "./urls";

describe("addresses in untrusted text (SEC-26)", () => {
  it("offers https and mailto", () => {
    expect(offeredUrl("https://example.com/a?b#c")?.href).toBe("https://example.com/a?b#c");
    expect(offeredUrl("mailto:a@example.com")?.href).toBe("mailto:a@example.com");
  });

  it("offers nothing else", () => {
    const refused = [
      "http://example.com",
      "javascript:alert(1)",
      "JaVaScRiPt:alert(1)",
      "java\nscript:alert(1)",
      " https://example.com",
      "https:\\\\example.com",
      "https://user:secret@example.com",
      "https://example.com\u202egnp.exe",
      "data:text/html,<script>1</script>",
      "file:///etc/passwd",
      "smb://host/share",
      "vbscript:x",
      "blob:https://example.com/1",
      "//example.com",
      "/control",
      "#/settings",
      "tauri://localhost",
      "mailto:",
      "https://",
      `https://example.com/${"a".repeat(5000)}`,
      undefined,
      null,
      7,
    ];
    for (const url of refused) expect(offeredUrl(url), String(url)).toBeNull();
  });
});

describe("slugs", () => {
  it("are made of names", () => {
    expect(slugOf("Code reviewer")).toBe("code-reviewer");
    expect(slugOf("  Überprüfer № 2! ")).toMatch(/^uberprufer-(no-)?2$/);
    expect(slugOf("日本")).toBe("");
    const taken = new Set(["agent", "code-reviewer"]);
    expect(proposedSlug("Code reviewer", taken)).toBe("code-reviewer-2");
    for (const name of ["日本", "代码审查", "!?"]) expect(proposedSlug(name, taken), name).toBe("agent-2");
    expect(proposedSlug("日本", new Set())).toBe("agent");
    expect(proposedSlug("  ", taken)).toBe("");
    for (const good of ["a", "code-reviewer-2"]) expect(isSlug(good)).toBe(true);
    for (const bad of ["", "-a", "a-", "A", "a b", "a/b", "ä", "x".repeat(64)])
      expect(isSlug(bad), bad).toBe(false);
  });
});
