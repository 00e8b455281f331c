import { Keys } from "@/components/keys";
import { chatKeys } from "@/features/chat/keys";
import { recall, remember } from "@/lib/store";
import { platform } from "@/platform";
import { SCREENS } from "./screens";
import { t } from "./words";

const QUESTION = "question-key";

/** Whether `?` alone shows the sheet. Who speaks to their machine may not want a bare sign to do anything. */
export const questionKey = {
  isOn: (): boolean => recall(QUESTION) !== "off",
  set: (on: boolean): void => remember(QUESTION, on ? null : "off"),
};

/** Keys and what they do, in the order of the sheet. */
const sheet = (question: boolean): ReadonlyArray<[string, string]> => [
  ["mod+K", t("keyboard.palette")],
  ["mod+N", t("keyboard.newChat")],
  ...SCREENS.map(({ name }, at): [string, string] => [`mod+${at + 1}`, t(`screens.${name}`)]),
  ["mod+F", t("keyboard.find")],
  ["Enter", t("keyboard.send")],
  ["Shift+Enter", t("keyboard.newLine")],
  ["Esc", t("keyboard.stop")],
  ["↑", t("keyboard.edit")],
  ...chatKeys(),
  ...(platform.zoom ? zoomSheet() : []),
  ...(platform.menus?.show ? [["F10", t("keyboard.menus")] as [string, string]] : []),
  ["mod+/", t("keyboard.sheet")],
  ...(question ? [["?", t("keyboard.sheet")] as [string, string]] : []),
];

const zoomSheet = (): Array<[string, string]> => [
  ["mod+plus", t("menu.zoom-in")],
  ["mod+−", t("menu.zoom-out")],
  ["mod+0", t("menu.zoom-reset")],
];

/** All shortcuts, in two columns where there is room. */
export function ShortcutList({ question = questionKey.isOn() }: { question?: boolean }) {
  return (
    <dl className="mb-4 gap-x-8 min-[640px]:columns-2">
      {sheet(question).map(([keys, what]) => (
        <div key={keys} className="flex break-inside-avoid items-baseline gap-2 py-[3px]">
          <dt className="w-26 shrink-0">
            <Keys keys={keys} />
          </dt>
          <dd className="text-ink-2">{what}</dd>
        </div>
      ))}
    </dl>
  );
}
