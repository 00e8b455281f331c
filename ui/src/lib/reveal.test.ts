import { expect, test } from "vitest";
import { reveal, revealed } from "./reveal";

const shown = (text: string) =>
  reveal(text)
    .map((piece) => (piece.kind === "text" ? piece.text : piece.kind === "line" ? "⏎" : `[${piece.code}]`))
    .join("");

test("sec_28 plain text stays as it is, in every script", () => {
  for (const text of ["Be brief.", "ä ß ç 漢字 かな עברית العربية हिन्दी", "🙂 <b>$x</b>\tend"]) {
    expect(shown(text)).toBe(text);
  }
});

test("sec_28 what hides is seen", () => {
  expect(shown("a\u202eb\u2066c")).toBe("a[U+202E]b[U+2066]c");
  expect(shown("a\u200b\u200d\ufeff\u00ad")).toBe("a[U+200B][U+200D][U+FEFF][U+00AD]");
  expect(shown("one\ntwo\r\nthree\rfour")).toBe("one⏎two⏎three[U+000D]four");
  expect(shown("a\u00a0b\u3000c\u2028d\u2029")).toBe("a[U+00A0]b[U+3000]c[U+2028]d[U+2029]");
  expect(shown("\u{e0041}\u{e0020}\ufe0f\u3164\u2800\ue000")).toBe(
    "[U+E0041][U+E0020][U+FE0F][U+3164][U+2800][U+E000]",
  );
  expect(shown("\u0000\u001b\u007f\u0085")).toBe("[U+0000][U+001B][U+007F][U+0085]");
});

test("sec_28 nothing of ten thousand letters is left out", () => {
  const text = "long \u200b".repeat(2_000);
  expect(shown(text)).toBe("long [U+200B]".repeat(2_000));
});

test("sec_28 as one text, what hides is written out", () => {
  expect(revealed("a\u200bb\u202e\n⚠\ufe0f c\u00a0!")).toBe("a[U+200B]b[U+202E]\n⚠ c !");
});
