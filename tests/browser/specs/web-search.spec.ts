import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { axe, expect, open, test } from "../support/test.ts";

/** A SearXNG that knows one page. */
async function searxng(answer: { status: number }) {
  const asked: string[] = [];
  const server = createServer((request, response) => {
    asked.push(request.url ?? "");
    response.writeHead(answer.status, { "content-type": "application/json" });
    response.end(
      JSON.stringify({
        results: [{ title: "<b>The fire</b>", url: "https://example.com/fire", content: "Sit down, says <img src=x onerror=alert(1)>." }],
      }),
    );
  });
  await new Promise<void>((ready) => server.listen(0, "127.0.0.1", ready));
  const port = (server.address() as AddressInfo).port;
  return { asked, url: `http://127.0.0.1:${port}`, stop: () => new Promise((done) => server.close(done)) };
}

test("a search engine is chosen, tried, given to an agent, and turned off", async ({ page, app, ready }) => {
  const answer = { status: 200 };
  const engine = await searxng(answer);
  await open(page, app, "/settings");
  const search = page.getByRole("region", { name: "Web search", exact: true });
  await expect(search).toContainText("None yet");
  await search.getByRole("button", { name: "Choose engine" }).click();
  const dialog = page.getByRole("dialog");
  const use = dialog.getByRole("button", { name: "Use it" });
  await expect(use).toBeDisabled();
  await dialog.getByRole("textbox").fill("http://192.168.1.9:8080");
  await use.click();
  await expect(dialog).toContainText("Plain http is accepted for this machine only.");
  await axe(page);
  await dialog.getByRole("radio", { name: "Brave Search" }).click();
  await expect(use).toBeDisabled();
  await expect(dialog).not.toContainText("Plain http");
  await dialog.getByRole("radio", { name: "SearXNG" }).click();
  await dialog.getByRole("textbox").fill(engine.url);
  await use.click();
  await expect(dialog).toHaveCount(0);
  await expect(search).toContainText("SearXNG");
  await expect(search).toContainText(new URL(engine.url).host);

  await search.getByRole("textbox", { name: "Try it" }).fill("fire & seat");
  await search.getByRole("button", { name: "Search" }).click();
  await expect(search.getByRole("listitem")).toContainText("<b>The fire</b>");
  await expect(search.getByRole("listitem")).toContainText("<img src=x onerror=alert(1)>");
  expect(engine.asked).toEqual(["/search?q=fire+%26+seat&format=json&safesearch=1"]);
  await axe(page);
  answer.status = 403;
  await search.getByRole("textbox", { name: "Try it" }).fill("again");
  await search.getByRole("textbox", { name: "Try it" }).press("Enter");
  await expect(search).toContainText("Its settings have to allow the format json");

  await open(page, app, "/agents");
  await page.getByRole("link", { name: /Helper/ }).click();
  const tools = page.getByRole("region", { name: "Tools", exact: true });
  await tools.getByRole("radiogroup", { name: "Search the web" }).getByRole("radio", { name: "Ask" }).click();
  await tools.getByRole("checkbox", { name: "Begin with a tool" }).check();
  await page.getByRole("button", { name: "Save", exact: true }).click();
  await expect(page.getByText("Not saved")).toHaveCount(0);
  const agent = () => app.control("agent.get", { agent: "helper" });
  await expect.poll(agent).toMatchObject({ tool_first: true, tools: [{ tool: "web_search", rule: "ask" }] });

  await open(page, app, "/settings");
  await search.getByRole("button", { name: "Turn off" }).click();
  await expect(search).toContainText("None yet");
  await engine.stop();
});
