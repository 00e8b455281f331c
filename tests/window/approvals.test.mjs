// SEC-24 in the real window: what an agent wants to do is asked in a window of its own, which no page can answer for.
import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { createServer } from "node:http";
import { after, before, test } from "node:test";

import { Desk } from "./desk.mjs";
import { until } from "./driver.mjs";
import { NotificationService } from "./notices.mjs";

const TITLE = "^Approval$";

// A model that asks for the calculator, and then says what it was told.
async function model() {
  const server = createServer(async (request, response) => {
    let body = "";
    for await (const chunk of request) body += chunk;
    response.writeHead(200, { "content-type": "application/json" });
    if (request.method === "GET") return response.end(JSON.stringify({ object: "list", data: [{ id: "m", object: "model" }] }));
    const last = JSON.parse(body).messages.at(-1);
    const call = { id: "call_1", type: "function", function: { name: "calculator", arguments: '{"expression":"17 * 23"}' } };
    const message = last.role === "tool" ? { role: "assistant", content: `Told: ${last.content}` } : { role: "assistant", content: null, tool_calls: [call] };
    const choices = [{ index: 0, message, finish_reason: last.role === "tool" ? "stop" : "tool_calls" }];
    response.end(JSON.stringify({ id: "c", object: "chat.completion", created: 1, model: "m", choices, usage: { prompt_tokens: 9, completion_tokens: 9, total_tokens: 18 } }));
  });
  await new Promise((ready) => server.listen(0, "127.0.0.1", ready));
  return server;
}

function windowsOf(title) {
  try {
    return execFileSync("xdotool", ["search", "--onlyvisible", "--name", title], { encoding: "utf8" }).trim().split("\n").filter(Boolean);
  } catch {
    return [];
  }
}
const focused = () => execFileSync("xdotool", ["getwindowfocus"], { encoding: "utf8" }).trim();
const sizeOf = (id) => {
  const said = execFileSync("xdotool", ["getwindowgeometry", "--shell", id], { encoding: "utf8" });
  return Object.fromEntries(said.trim().split("\n").map((line) => line.split("=")));
};
// The window that has the keyboard, once it has stopped going from one to the other.
async function settled() {
  let [last, calm] = [focused(), 0];
  while (calm < 5) {
    await pause(100);
    const now = focused();
    calm = now === last ? calm + 1 : 0;
    last = now;
  }
  return last;
}
const pause = (ms) => new Promise((resolve) => setTimeout(resolve, ms));

test("sec_24 approvals", async (t) => {
  let desk;
  let browser;
  let server;
  let notices;
  let key;
  let address;
  before(async () => {
    server = await model();
    desk = await Desk.make();
    notices = await NotificationService.on(desk.bus);
    browser = await desk.drive();
    await browser.click("button", "^Skip setup$");
    const base_url = `http://127.0.0.1:${server.address().port}/v1`;
    await browser.control("provider.add", { id: "own", kind: null, name: "Own", wire: "openai-chat", base_url, allow_http: false, key: null, no_key: true });
    const draft = { slug: "helper", name: "Helper", instructions: "", target: "own/m", fallbacks: [], params: {}, locked: [], tools: [{ tool: "calculator", rule: "ask" }] };
    await browser.control("agent.create", draft);
    key = (await browser.control("key.create", { name: "Zed" })).secret;
    address = (await browser.control("app.status")).endpoint.base_url;
  });
  after(async () => {
    notices?.end();
    await desk?.clear();
    server?.close();
  });

  // what one of these leaves behind is not the next one's
  const nothingWaits = async () => {
    for (const { id } of await browser.control("approval.list")) await browser.control("approval.answer", { approval: id, decision: "deny" });
    await until(() => windowsOf(TITLE).length === 0, "the window for approvals is gone", 20);
  };
  const ask = () =>
    fetch(`${address}/chat/completions`, {
      method: "POST",
      headers: { authorization: `Bearer ${key}`, "content-type": "application/json" },
      body: JSON.stringify({ model: "helper", messages: [{ role: "user", content: "How much?" }] }),
    }).then(async (response) => (await response.json()).choices[0].message.content);
  const shown = () => until(() => windowsOf(TITLE)[0], "the window for approvals", 20);
  const gone = () => until(() => windowsOf(TITLE).length === 0, "the window for approvals is gone", 20);
  // its buttons stand at its foot
  const press = async (fromRight, fromBottom) => {
    const id = await shown();
    const { WIDTH, HEIGHT } = sizeOf(id);
    execFileSync("xdotool", ["mousemove", "--window", id, String(WIDTH - fromRight), String(HEIGHT - fromBottom), "click", "1"]);
  };

  await t.test("a call opens it above everything, and the keyboard stays where it was", async () => {
    await desk.activate();
    const before = await settled();
    const answer = ask();
    const id = await shown();
    await pause(2500);
    await desk.photograph("approvals");
    assert.equal(await settled(), before, `the keyboard was taken: ${id} is the question's`);
    execFileSync("xdotool", ["key", "--clearmodifiers", "Return"]);
    assert.equal((await browser.control("approval.list")).length, 1, "a key meant for another window has answered");
    const state = execFileSync("xprop", ["-id", id, "_NET_WM_STATE"], { encoding: "utf8" });
    assert.match(state, /_NET_WM_STATE_ABOVE/);
    const [waiting] = await browser.control("approval.list");
    await browser.control("approval.answer", { approval: waiting.id, decision: "deny" });
    assert.match(await answer, /said no/);
    await gone();
  });

  await t.test("the window with the screens cannot say yes, by no way that its page has", async () => {
    await nothingWaits();
    const answer = ask();
    await shown();
    const [waiting] = await browser.control("approval.list");
    for (const decision of ["once", "session", "always"]) {
      await assert.rejects(browser.control("approval.answer", { approval: waiting.id, decision }), /cannot allow/);
    }
    // what decides is which window asks, not which page it shows
    const before = await browser.run("return location.href");
    await browser.run("location.href = 'approvals.html'");
    await until(async () => (await browser.run("return location.href")).includes("approvals.html"), "the other page");
    await assert.rejects(browser.control("approval.answer", { approval: waiting.id, decision: "once" }), /cannot allow/);
    await browser.run("location.href = arguments[0]", before);
    await browser.find("button", "^Deny$");
    await browser.click("button", "^Deny$");
    assert.match(await answer, /said no/);
    await gone();
  });

  await t.test("a press too soon does nothing, a later one approves", async () => {
    await nothingWaits();
    const answer = ask();
    await shown();
    await pause(2500);
    // the first press brings the window to the front, and from then on it is waited again
    await press(60, 32);
    await pause(300);
    await press(60, 32);
    assert.equal((await browser.control("approval.list")).length, 1, "it was approved too soon");
    await pause(2000);
    await desk.photograph("approvals-armed");
    await press(60, 32);
    assert.equal(await answer, "Told: 391");
    await gone();
  });

  await t.test("closing it answers nothing, and the page brings it back", async () => {
    await nothingWaits();
    const answer = ask();
    const id = await shown();
    execFileSync("xdotool", ["windowactivate", "--sync", id, "key", "--clearmodifiers", "alt+F4"]);
    await gone();
    assert.equal((await browser.control("approval.list")).length, 1);
    await browser.click("button", "^Review…$");
    const again = await shown();
    await until(() => focused() === again || windowsOf(TITLE).includes(again), "it is there again");
    await browser.click("button", "^Deny$");
    assert.match(await answer, /said no/);
    await gone();
  });

  await t.test("a notification tells of it while nobody looks at the window, and leads to it", async () => {
    await nothingWaits();
    const main = await desk.waitForWindow();
    execFileSync("xdotool", ["windowminimize", "--sync", main]);
    const answer = ask();
    const id = await shown();
    const told = await until(() => notices.shown.findIndex((one) => one.title === "Helper waits for your approval.") + 1, "a notification");
    execFileSync("xdotool", ["windowactivate", "--sync", id, "key", "--clearmodifiers", "alt+F4"]);
    await gone();
    notices.click(told - 1);
    await shown();
    // only the question was asked for
    const [waiting] = await browser.control("approval.list");
    await browser.control("approval.answer", { approval: waiting.id, decision: "deny" });
    assert.match(await answer, /said no/);
    await gone();
  });
});
