// Servers of tools in the window: they are approved, signed in to, answered and changed where a person looks.

import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { fileURLToPath } from "node:url";
import type { Page } from "@playwright/test";
import type { App } from "../support/app.ts";
import { addProvider, axe, expect, makeAgent, open, say, test } from "../support/test.ts";

const SCRIPT = fileURLToPath(new URL("../../support/mcp/server.py", import.meta.url));

/** The small window that a button opens. */
async function popupOf(page: Page, press: () => Promise<void>): Promise<Page> {
  const [popup] = await Promise.all([page.waitForEvent("popup"), press()]);
  await popup.getByRole("heading", { level: 1 }).waitFor();
  return popup;
}

/** A server that wants a sign-in, and signs people in itself. */
async function wantsSignIn(): Promise<{ url: string; server: Server }> {
  const server = createServer((request, response) => {
    const at = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    const url = new URL(request.url ?? "/", at);
    const json = (status: number, body: unknown) => {
      response.writeHead(status, { "content-type": "application/json" });
      response.end(JSON.stringify(body));
    };
    let body = "";
    request.on("data", (piece) => {
      body += piece;
    });
    request.on("end", () => {
      if (url.pathname === "/mcp") {
        if (request.headers.authorization !== "Bearer t-1") {
          response.writeHead(401, { "www-authenticate": "Bearer" });
          return response.end();
        }
        const { id, method, params } = JSON.parse(body || "{}");
        if (request.method !== "POST") return response.writeHead(405).end();
        if (id === undefined) return response.writeHead(202).end();
        const result =
          method === "initialize"
            ? { protocolVersion: params.protocolVersion, capabilities: { tools: {} }, serverInfo: { name: "far", version: "1" } }
            : { tools: [{ name: "echo", inputSchema: { type: "object" } }] };
        return json(200, { jsonrpc: "2.0", id, result });
      }
      if (url.pathname === "/.well-known/oauth-authorization-server")
        return json(200, {
          issuer: at,
          authorization_endpoint: `${at}/authorize`,
          token_endpoint: `${at}/token`,
          registration_endpoint: `${at}/register`,
          code_challenge_methods_supported: ["S256"],
        });
      if (url.pathname === "/register") return json(201, { client_id: "c-1" });
      if (url.pathname === "/token") return json(200, { access_token: "t-1", token_type: "Bearer" });
      if (url.pathname === "/authorize") {
        const back = new URL(url.searchParams.get("redirect_uri") ?? "");
        back.searchParams.set("code", "x");
        back.searchParams.set("state", url.searchParams.get("state") ?? "");
        return response.writeHead(302, { location: back.href }).end();
      }
      json(404, {});
    });
  });
  await new Promise<void>((listening) => server.listen(0, "127.0.0.1", listening));
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, server };
}

/** Looks the server `demo` over and approves it, as a person does. */
async function approved(page: Page, app: App): Promise<void> {
  await open(page, app, "/settings");
  const row = page.locator("[data-server=demo]");
  const review = await popupOf(page, () => row.getByRole("button", { name: "Review…" }).click());
  const approve = review.getByRole("button", { name: "Approve" });
  await expect(approve).toBeEnabled();
  const closed = review.waitForEvent("close");
  await approve.click();
  await closed;
  await expect(row).toContainText("running");
}

test("a server that wants a sign-in is signed in to where it is approved", async ({ page, app }) => {
  const { url, server } = await wantsSignIn();
  await app.control("mcp.add", { id: "far", transport: { kind: "http", url: `${url}/mcp` } });
  await open(page, app, "/settings");
  const row = page.locator("[data-server=far]");
  const popup = await popupOf(page, () => row.getByRole("button", { name: "Review…" }).click());
  const approve = popup.getByRole("button", { name: "Approve" });
  await expect(approve).toBeEnabled();
  await approve.click();
  const signIn = popup.getByTestId("sign-in");
  await expect(signIn).toContainText("lets nobody in");
  await expect(row).toContainText("needs a sign-in");
  await axe(popup);
  await signIn.getByRole("button", { name: "Sign in…" }).click();
  await expect(signIn).toContainText(`${url}/authorize?response_type=code`);
  // the page of the window is not told where it leads
  expect(JSON.stringify(await app.control("mcp.get", { id: "far" }))).not.toContain("/authorize?");
  await axe(popup);
  const browser = popup.waitForEvent("popup");
  await signIn.getByRole("button", { name: "Open in the browser" }).click();
  await (await browser).getByText("You can close this page.").waitFor();
  await expect(signIn).toContainText(url);
  await expect(row).toContainText("running");
  await signIn.getByRole("button", { name: "Sign out" }).click();
  await expect(row).not.toContainText("running");
  server.close();
  server.closeAllConnections();
});

test("a server asks in the window for approvals, and says who it is", async ({ page, app, provider }) => {
  await addProvider(app, provider);
  const transport = { kind: "stdio", command: "python3", args: [SCRIPT, "asking", "/dev/null"], cwd: "/tmp" };
  await app.control("mcp.add", { id: "demo", transport });
  await approved(page, app);

  await makeAgent(app, "helper", "Helper", { tools: [{ tool: "demo/ask", rule: "always" }] });
  provider.say = ({ messages }) => {
    const last = messages.at(-1);
    if (last?.role === "tool") return { pieces: [`Result: ${String(last.content)}`] };
    return { pieces: [], calls: [{ id: "call_1", name: "demo__ask", arguments: {} }] };
  };
  await open(page, app);
  await say(page, "Ask me.");
  await expect.poll(async () => (await app.control<unknown[]>("mcp.questions")).length).toBe(1);
  const [asked] = await app.control<Array<{ id: string }>>("mcp.questions");
  const accept = { question: asked?.id, action: "accept", values: '{"name":"Eve"}' };
  await expect(app.control("mcp.answer", accept)).rejects.toThrow("cannot allow");

  const popup = await page.context().newPage();
  const address = new URL(app.webUrl);
  await popup.goto(new URL(`approvals.html${address.hash}`, address.href).href);
  const question = popup.getByTestId("question");
  await expect(question).toContainText("demo (demo)");
  await expect(question).toContainText("U+202E");
  await expect(question).toContainText("It would go to the server demo");
  await expect(popup.getByRole("button", { name: "Without an answer" })).toBeFocused();
  await axe(popup);
  await popup.getByLabel("Name").fill("Grace");
  await popup.getByLabel("times").fill("3");
  await popup.getByLabel("tone").selectOption("stern");
  const send = popup.getByRole("button", { name: "Send" });
  await expect(send).toBeEnabled();
  await send.click();
  const answer = page.getByRole("article", { name: "Answer" }).last();
  await expect(answer).toContainText('"name": "Grace"');
  await expect(answer).toContainText('"times": 3');
  await popup.close();
});

test("a page that a server wants visited is opened from where its address was shown", async ({ page, app, provider, strayed }) => {
  await addProvider(app, provider);
  const transport = { kind: "stdio", command: "python3", args: [SCRIPT, "asking", "/dev/null"], cwd: "/tmp" };
  await app.control("mcp.add", { id: "demo", transport });
  await approved(page, app);
  const there = createServer((request, response) => response.end(`You are at ${request.url}`));
  await new Promise<void>((listening) => there.listen(0, "127.0.0.1", listening));
  const url = `http://127.0.0.1:${(there.address() as AddressInfo).port}/connect?id=1`;

  await makeAgent(app, "helper", "Helper", { tools: [{ tool: "demo/ask", rule: "always" }] });
  provider.say = ({ messages }) => {
    const last = messages.at(-1);
    if (last?.role === "tool") return { pieces: [`Result: ${String(last.content)}`] };
    return { pieces: [], calls: [{ id: "call_1", name: "demo__ask", arguments: { text: "address", url } }] };
  };
  await open(page, app);
  await say(page, "Ask me.");
  await expect.poll(async () => (await app.control<unknown[]>("mcp.questions")).length).toBe(1);
  // the page of the window is not told where it leads
  expect(JSON.stringify(await app.control("mcp.questions"))).not.toContain(url);

  const popup = await page.context().newPage();
  const address = new URL(app.webUrl);
  await popup.goto(new URL(`approvals.html${address.hash}`, address.href).href);
  const question = popup.getByTestId("question");
  await expect(question.getByTestId("address")).toContainText(url);
  await expect(question).toContainText("It wants you to visit a page.");
  await axe(popup);
  if (process.env.INGLENOOK_SHOTS) await popup.screenshot({ path: `${process.env.INGLENOOK_SHOTS}/visit.png` });
  const visited = popup.waitForEvent("popup");
  const go = popup.getByRole("button", { name: "Open in the browser" });
  await expect(go).toBeEnabled();
  await go.click();
  await (await visited).getByText("You are at /connect?id=1").waitFor();
  const answer = page.getByRole("article", { name: "Answer" }).last();
  await expect(answer).toContainText('{"action": "accept"}');
  expect(strayed).toEqual([]);
  await popup.close();
  there.close();
  there.closeAllConnections();
});

test("a server is changed where it stands, and is looked at anew", async ({ page, app }) => {
  const transport = { kind: "stdio", command: "python3", args: [SCRIPT, "honest"], env: [{ name: "TOKEN" }] };
  await app.control("mcp.add", { id: "demo", transport, secrets: { TOKEN: "t-123456" } });
  await open(page, app, "/settings");
  const row = page.locator("[data-server=demo]");
  await row.getByRole("button", { name: "More for demo" }).click();
  await page.getByRole("menuitem", { name: "Edit…" }).click();
  const dialog = page.getByRole("dialog");
  await expect(dialog.getByLabel("Command")).toHaveValue("python3");
  await expect(dialog.getByLabel("Secret variables")).toHaveValue("TOKEN=");
  await axe(page);
  await dialog.getByLabel("Name").fill("Demonstration");
  await dialog.getByLabel("Arguments").fill(`${SCRIPT}\nsecond`);
  const popup = await popupOf(page, () => dialog.getByRole("button", { name: "Look at it" }).click());
  await expect(popup.getByTestId("question")).toContainText("second");
  await expect(row).toContainText("Demonstration");
  await expect(row).not.toContainText("Secrets are missing");
  await popup.close();
});

test("a picture that a tool gave stands with its card, and opens", async ({ page, app, provider }) => {
  await addProvider(app, provider);
  const transport = { kind: "stdio", command: "python3", args: [SCRIPT, "honest", "/dev/null"], cwd: "/tmp" };
  await app.control("mcp.add", { id: "demo", transport });
  await approved(page, app);

  await makeAgent(app, "helper", "Helper", { tools: [{ tool: "demo/media", rule: "always" }] });
  let go = () => {};
  const told = new Promise<void>((done) => (go = done));
  provider.say = ({ messages }) => {
    const gave = messages.findLastIndex(({ role }) => role === "tool");
    if (gave < messages.findLastIndex(({ content }) => content === "Draw."))
      return { pieces: [], calls: [{ id: `call_${provider.asked.length}`, name: "demo__media", arguments: { kind: "png" } }] };
    return { pieces: ["A dot."], after: told };
  };
  await open(page, app);
  await say(page, "Draw.");
  const answer = page.getByRole("article", { name: "Answer" }).last();
  const picture = answer.getByRole("button", { name: "Image from demo__media" });
  // while the answer is still written, and after it
  await expect(picture.getByRole("img")).toHaveAttribute("src", /^data:image\/png;base64,iVBOR/);
  go();
  await expect(answer).toContainText("A dot.");
  await expect(answer).toHaveAttribute("data-state", "complete");
  await page.reload();
  await expect(picture.getByRole("img")).toHaveJSProperty("naturalWidth", 1);
  await axe(page);
  await picture.click();
  const dialog = page.getByRole("dialog", { name: "Image from demo__media" });
  await expect(dialog.getByRole("img", { name: "Image from demo__media" })).toBeVisible();
  await axe(page);
  await page.keyboard.press("Escape");
  await expect(dialog).toHaveCount(0);

  // it came from outside: a yes from before is suspended
  await say(page, "Draw.");
  const second = page.getByRole("article", { name: "Answer" }).last();
  await expect(second).toContainText("waits for your approval");
  expect(provider.asked).toHaveLength(3);
});

test("a resource of a server is attached, and a prompt of it is put into the message", async ({ page, app, provider }) => {
  await addProvider(app, provider);
  await makeAgent(app, "helper", "Helper");
  const transport = { kind: "stdio", command: "python3", args: [SCRIPT, "honest", "/dev/null"], cwd: "/tmp" };
  await app.control("mcp.add", { id: "demo", transport });
  await open(page, app);
  // nothing of a server that is not approved: the button chooses files
  const chooser = page.waitForEvent("filechooser");
  await page.getByRole("button", { name: "Attach files" }).click();
  await chooser;
  await approved(page, app);

  await open(page, app);
  const attach = page.getByRole("button", { name: "Attach files" });
  await attach.click();
  await page.getByRole("menuitem", { name: "Attach a resource…" }).click();
  const dialog = page.getByRole("dialog");
  await dialog.getByLabel("Find a resource").fill("nowhere");
  await expect(dialog).toContainText("It has none that fits.");
  await dialog.getByLabel("Find a resource").fill("NOTE");
  await axe(page);
  await dialog.getByRole("button", { name: /^note/ }).click();
  await expect(dialog).toHaveCount(0);
  await expect(page.getByRole("list", { name: "Attached files" })).toContainText("note");

  await attach.click();
  await page.getByRole("menuitem", { name: "Use a prompt…" }).click();
  await dialog.getByRole("button", { name: /^greet/ }).click();
  const insert = dialog.getByRole("button", { name: "Put into the message" });
  await expect(insert).toBeDisabled();
  await dialog.getByLabel("whom").fill("the wor\u200bld");
  await axe(page);
  await insert.click();
  const field = page.getByRole("textbox", { name: "Message", exact: true });
  await expect(field).toHaveValue("Greet the wor[U+200B]ld.");
  await expect(field).toBeFocused();
  if (process.env.INGLENOOK_SHOTS) await page.screenshot({ path: `${process.env.INGLENOOK_SHOTS}/composer.png` });
  const sent = page.waitForRequest((request) => request.postData()?.includes('"chat.send"') === true);
  await field.press("Enter");
  expect(JSON.parse((await sent).postData() ?? "").args.outside).toBe("demo/greet");
  await expect(page.getByRole("article", { name: "Answer" }).last()).toContainText("Hello there.");
  const told = JSON.stringify(provider.asked.at(-1));
  expect(told).toContain("<file name=");
  expect(told).toContain("a note a note");
  expect(told).toContain("Greet the wor[U+200B]ld.");
  await expect(field).toHaveValue("");
});
