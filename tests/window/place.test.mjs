// The window comes back as it was left: its size and its place.
import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { test } from "node:test";

import { Desk } from "./desk.mjs";
import { until } from "./driver.mjs";

const xdotool = (...words) => execFileSync("xdotool", words.map(String), { encoding: "utf8" });

// Where the window is and how large, once that has stopped changing.
async function geometry(desk) {
  let last = "";
  return until(
    async () => {
      const said = xdotool("getwindowgeometry", "--shell", await desk.waitForWindow());
      const calm = said === last;
      last = said;
      await new Promise((resolve) => setTimeout(resolve, 500));
      const { X, Y, WIDTH, HEIGHT } = Object.fromEntries(said.trim().split("\n").map((line) => line.split("=")));
      return calm && { x: Number(X), y: Number(Y), width: Number(WIDTH), height: Number(HEIGHT) };
    },
    "a window that stands still",
    20,
  );
}

test("the window comes back where it was and as large as it was", async (t) => {
  const desk = await Desk.make();
  try {
    let app = desk.start();
    const first = await geometry(desk);
    assert.deepEqual([first.width, first.height], [1120, 760], "as it is made");
    const window = await desk.waitForWindow();
    xdotool("windowsize", window, 940, 660);
    xdotool("windowmove", window, 210, 130);
    const left = await geometry(desk);
    assert.deepEqual([left.width, left.height], [940, 660]);
    assert.ok(left.x !== first.x && left.y !== first.y, "it was moved");

    for (const time of ["once", "twice"]) {
      await t.test(`${time}`, async () => {
        desk.closeWindow();
        assert.equal(await app.ended, 0, app.said);
        app = desk.start();
        assert.deepEqual(await geometry(desk), left);
      });
    }
  } finally {
    await desk.clear();
  }
});
