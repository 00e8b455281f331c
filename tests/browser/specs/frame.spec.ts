import { axe, expect, open, test } from "../support/test.ts";

for (const at of ["/chat", "/agents", "/providers", "/connect", "/usage", "/settings"]) {
  test(`axe finds nothing at ${at}`, async ({ page, app, ready }) => {
    await open(page, app, at);
    await page.getByRole("main").waitFor();
    await axe(page);
  });
}
