// Opens the review card in the Inspector with a browser, as somebody would. Told on standard input
// {browser, playwright, inspector, review, shot}; tells on standard output what the card shows and which requests left.
// Whatever isn't on this machine is cut off, and told.
import { readFileSync } from "node:fs";
const told = JSON.parse(readFileSync(0, "utf8"));
const { chromium } = await import(told.playwright);
const LOCAL = ["127.0.0.1", "localhost", "[::1]"];
const away = (url) => /^(https?|wss?|ftp):$/.test(url.protocol) && !LOCAL.includes(url.hostname);

const options = process.getuid() === 0 ? ["--no-sandbox"] : [];
const browser = await chromium.launch({ executablePath: told.browser, args: options });
const page = await browser.newPage({ viewport: { width: 1200, height: 2400 }, deviceScaleFactor: 1 });
page.setDefaultTimeout(30000);
const requests = [];
page.on("request", (made) => {
  let frame = "";
  try { frame = made.frame().parentFrame() ? "card" : "inspector"; } catch { frame = "inspector"; }
  requests.push({ url: made.url().slice(0, 200), frame, away: away(new URL(made.url())) });
});
const leaving = []; // the browser tells of a request that a policy stops as of any other, but doesn't send it
await page.route(away, (route) => { leaving.push(route.request().url()); return route.abort(); });

await page.goto(told.inspector);
await page.locator('input[aria-label^="Connect"]').first().click({ force: true });
await page.getByText("Apps", { exact: true }).first().click();
await page.getByRole("button", { name: "Close monitoring sidebar" }).click();
await page.getByRole("button", { name: /What waits for people/ }).first().click();
await page.getByLabel(/^review/).first().fill(told.review);
await page.getByRole("button", { name: "Open App" }).click();

const shows = async (frame) => (await frame.evaluate(() => document.body?.innerText ?? "").catch(() => "")).includes("SHA-256");
let card;
for (let tries = 0; tries < 100 && !card; tries++) {
  for (const frame of page.frames().slice(1)) if (await shows(frame)) card = frame;
  if (!card) await page.waitForTimeout(200); // what renders it is another program's, and says nothing when it has
}
if (!card) throw new Error(`no card: ${(await page.innerText("body")).slice(0, 800)}`);
const text = await card.evaluate(() => document.body.innerText);
const acts = await card.evaluate(() => document.querySelectorAll("button, form, input, a, img, link").length);
const outer = page.locator("iframe").first();
const box = await outer.boundingBox();
await page.screenshot({ path: told.shot, clip: { ...box, height: Math.min(box.height, told.height) } });
const before = requests.length, left = leaving.length;
const load = (url) => new Promise((done) => {
  const image = new Image();
  image.onload = image.onerror = () => done(0);
  image.src = url;
});
await card.evaluate(load, "http://card.example/");
const reached = leaving.length - left;
await page.evaluate(load, "http://page.example/");
const noticed = leaving.length - left - reached;
await browser.close();
process.stdout.write(JSON.stringify({ text, acts, requests: requests.slice(0, before), reached, noticed, box }));
