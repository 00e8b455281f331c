// The one renderer of untrusted text. Raw HTML is shown as text; links and images have no address in the page; nothing
// is fetched. A growing answer and a finished one take the same way (SEC-22).

import { memo, useRef } from "react";
import remarkMath from "remark-math";
import { defaultRehypePlugins, defaultRemarkPlugins, Streamdown, type StreamdownProps } from "streamdown";
import { blocksOf, type Cuts, cut, NO_CUTS } from "@/lib/blocks";
import { cx } from "@/lib/cx";
import { mathsOf } from "@/lib/maths";
import { Growing } from "./code-block";
import { PARTS } from "./parts";
import { htmlAsText } from "./safe";

const REMARK: NonNullable<StreamdownProps["remarkPlugins"]> = [
  ...Object.values(defaultRemarkPlugins),
  [remarkMath, { singleDollarTextMath: false }],
  htmlAsText,
];
// without `raw`, which would parse HTML
const REHYPE = defaultRehypePlugins.sanitize === undefined ? [] : [defaultRehypePlugins.sanitize];
const whole = (text: string): string[] => [text];

const Block = memo(function Block({ text, growing }: { text: string; growing: boolean }) {
  return (
    <Growing value={growing}>
      <Streamdown
        className="block"
        mode="streaming"
        parseIncompleteMarkdown={growing}
        parseMarkdownIntoBlocksFn={whole}
        remarkPlugins={REMARK}
        rehypePlugins={REHYPE}
        components={PARTS}
        controls={false}
        linkSafety={{ enabled: false }}
      >
        {mathsOf(text)}
      </Streamdown>
    </Growing>
  );
});

/** Markdown of people and models. */
export const Markdown = memo(function Markdown({
  text,
  growing = false,
}: {
  text: string;
  growing?: boolean;
}) {
  const before = useRef<{ text: string; cuts: Cuts }>({ text: "", cuts: NO_CUTS });
  if (before.current.text !== text) {
    const goesOn = text.startsWith(before.current.text);
    before.current = { text, cuts: cut(text, goesOn ? before.current.cuts : NO_CUTS) };
  }
  const blocks = blocksOf(text, before.current.cuts);
  return (
    <div className={cx("prose", growing && "alive")}>
      {blocks.map((block, at) => (
        // biome-ignore lint/suspicious/noArrayIndexKey: cuts never move, so a block's place is its identity
        <Block key={at} text={block} growing={growing && at === blocks.length - 1} />
      ))}
    </div>
  );
});
