import { Popover } from "@base-ui/react/popover";
import type { Glyph, Icon, IconColour } from "@/api/generated/types";
import { AgentIcon, COLOURS, GLYPHS } from "@/components/agent-icon";
import { overlay } from "@/components/select";
import { cx } from "@/lib/cx";
import { t } from "./words";

const PICTURES = Object.keys(GLYPHS) as Glyph[];
const TINTS = Object.keys(COLOURS) as IconColour[];
const cell = "flex size-8 items-center justify-center rounded-sm";

/** The agent's icon as a button, and under it all others. */
export function IconPicker({
  icon,
  name,
  onChange,
}: {
  icon: Icon;
  name: string;
  onChange: (icon: Icon) => void;
}) {
  const glyph = icon.glyph ?? null;
  const choice = (on: boolean) => cx(cell, on ? "bg-press text-ink" : "text-ink-2 hover:bg-hover");
  return (
    <Popover.Root>
      <Popover.Trigger aria-label={t("icon.change")} className="rounded-md hover:opacity-80">
        <AgentIcon icon={icon} name={name} large />
      </Popover.Trigger>
      <Popover.Portal>
        <Popover.Positioner sideOffset={6} align="start" className="z-50">
          <Popover.Popup aria-label={t("icon.title")} className={cx(overlay, "p-2.5")}>
            <fieldset className="grid grid-cols-[repeat(7,2rem)] gap-0.5">
              <legend className="sr-only">{t("icon.picture")}</legend>
              <button
                type="button"
                aria-pressed={glyph === null}
                aria-label={t("icon.initial")}
                title={t("icon.initial")}
                className={choice(glyph === null)}
                onClick={() => onChange({ ...icon, glyph: null })}
              >
                <span className="font-semibold text-xs">
                  {[...name.trim()][0]?.toLocaleUpperCase() ?? "A"}
                </span>
              </button>
              {PICTURES.map((one) => {
                const Picture = GLYPHS[one];
                return (
                  <button
                    key={one}
                    type="button"
                    aria-pressed={glyph === one}
                    aria-label={t(`icon.glyphs.${one}`)}
                    title={t(`icon.glyphs.${one}`)}
                    className={choice(glyph === one)}
                    onClick={() => onChange({ ...icon, glyph: one })}
                  >
                    <Picture size={16} strokeWidth={1.75} aria-hidden="true" />
                  </button>
                );
              })}
            </fieldset>
            <fieldset className="mt-2 flex gap-0.5 border-line border-t pt-2">
              <legend className="sr-only">{t("icon.colour")}</legend>
              {TINTS.map((one) => (
                <button
                  key={one}
                  type="button"
                  aria-pressed={icon.colour === one}
                  aria-label={t(`icon.colours.${one}`)}
                  title={t(`icon.colours.${one}`)}
                  className={choice(icon.colour === one)}
                  onClick={() => onChange({ ...icon, colour: one })}
                >
                  <span className={cx("flex size-5 items-center justify-center rounded-sm", COLOURS[one])}>
                    <span className="size-2 rounded-full bg-current" />
                  </span>
                </button>
              ))}
            </fieldset>
          </Popover.Popup>
        </Popover.Positioner>
      </Popover.Portal>
    </Popover.Root>
  );
}
