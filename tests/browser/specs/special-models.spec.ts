// The models that work for all agents.
import { axe, expect, open, test } from "../support/test.ts";

test("a model for pictures is chosen, kept, refused where nobody knows its provider, and turned off", async ({ page, app, ready }) => {
  expect(ready.agent).toBeTruthy();
  await open(page, app, "/settings");
  const models = page.getByRole("region", { name: "Models", exact: true });
  const pictures = models.getByRole("combobox", { name: "Pictures" });
  await pictures.fill("nobody/draw-1");
  await page.keyboard.press("Escape");
  await models.getByRole("button", { name: "Save" }).click();
  await expect(models.getByText("There is no provider nobody.")).toBeVisible();
  await expect(pictures).toHaveValue("nobody/draw-1");
  await pictures.fill("openai/gpt-image-1");
  await page.keyboard.press("Escape");
  await models.getByRole("button", { name: "Save" }).click();
  await expect(models.getByRole("button", { name: "Turn off" })).toBeVisible();
  expect(await app.control("settings.get")).toMatchObject({ image_model: "openai/gpt-image-1", embedding_model: null });
  await axe(page);
  await page.reload();
  await expect(pictures).toHaveValue("openai/gpt-image-1");
  await models.getByRole("button", { name: "Turn off" }).click();
  await expect(pictures).toHaveValue("");
  expect(await app.control("settings.get")).toMatchObject({ image_model: null });
});
