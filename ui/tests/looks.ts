// What every picture is checked for, besides being looked at.
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import type { AxeResults } from "axe-core";
import type { Page } from "playwright-core";

const axeSource = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");

/** Violations of WCAG 2.2 AA and of axe's best practices, one line each; of the contrast alone where only colours differ. */
export async function violations(page: Page, contrastOnly = false): Promise<string[]> {
  if (!(await page.evaluate(() => "axe" in window))) await page.evaluate(axeSource);
  const results = await page.evaluate(
    async (runOnly) => {
      const { axe } = window as unknown as { axe: { run(options: object): Promise<AxeResults> } };
      return axe.run({ resultTypes: ["violations"], runOnly });
    },
    contrastOnly ? ["color-contrast"] : ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"],
  );
  return results.violations.map(
    (one) => `${one.id}: ${one.help} (${one.nodes.map((node) => node.html.slice(0, 160)).join(" | ")})`,
  );
}

/** Elements that scroll sideways, stick out of the window, or cut their text without saying so. */
export async function overflows(page: Page): Promise<string[]> {
  return page.evaluate(() => {
    const found: string[] = [];
    const wide = document.documentElement.clientWidth;
    const name = (element: Element): string =>
      `${element.tagName.toLowerCase()}.${element.getAttribute("class") ?? ""} "${(element.textContent ?? "").trim().slice(0, 50)}"`;
    // Marks within a line that ends in an ellipsis are cut with it.
    const elided = (element: Element): boolean => element.parentElement?.closest(".stranger.line") != null;
    if (document.documentElement.scrollWidth > wide) found.push("the page scrolls sideways");
    for (const element of document.body.querySelectorAll<HTMLElement>("*")) {
      const style = getComputedStyle(element);
      const box = element.getBoundingClientRect();
      if (box.width <= 1 || box.height <= 1 || style.visibility === "hidden" || style.display === "inline") continue;
      if (element.closest("svg, [data-scrolls-x], .unseen") || elided(element)) continue;
      if (box.right > wide + 1 && !element.closest("[inert], [aria-hidden=true]")) found.push(`${name(element)} sticks out`);
      // What is hidden altogether, as a panel waiting to slide in, is not cut.
      const shown = (inner: Element): boolean => {
        const rect = inner.getBoundingClientRect();
        return rect.width > 1 && !elided(inner) && rect.right > box.right + 1 && getComputedStyle(inner).visibility !== "hidden";
      };
      const over =
        element.scrollWidth > element.clientWidth + 1 &&
        (element.childElementCount === 0 || [...element.querySelectorAll("*")].some(shown));
      if (over && (style.overflowX === "auto" || style.overflowX === "scroll")) found.push(`${name(element)} scrolls sideways`);
      if (over && style.overflowX === "hidden" && style.textOverflow !== "ellipsis" && element.tagName !== "INPUT") {
        found.push(`${name(element)} is cut at its side`);
      }
      const cutBelow = element.scrollHeight > element.clientHeight + 2 && style.overflowY === "hidden";
      if (cutBelow && element.childElementCount === 0 && style.webkitLineClamp === "none") {
        found.push(`${name(element)} is cut below`);
      }
    }
    return [...new Set(found)];
  });
}

// Names, codes and units that are written with Latin letters in Russian text too.
const latinWords = new Set(
  (
    "Kvit BTC SHA PGP BEGIN PUBLIC KEY BLOCK SIGNED MESSAGE SOCKS Tor onion host port GNOME Keyring KeePassXC OpenPGP GnuPG API https http " +
    "Lightning Ctrl Enter Shift Esc Space Tab Alt Cmd English BOLT Zelle PayPal SEPA RSA UTC TXT txt Bitcoin sat " +
    "RLO CSV JSON PDF ZWSP EUR USD RUB GBP KZT UAH MiB JPEG PNG WebP GIF BMP TIFF HEIC market example alice shop INVOICE PAYMENT END SIGNATURE GNU GPL Secret Service KWallet"
  ).split(" "),
);

/** Words with Latin letters in what a person reads or hears on a Russian screen, apart from names and codes. */
export async function latin(page: Page): Promise<string[]> {
  const texts = await page.evaluate(() => {
    const said: string[] = [];
    const codes = new Set([...document.querySelectorAll("code")].map((one) => (one.textContent ?? "").trim()));
    // Text of strangers, names and codes are not ours to translate.
    const foreign = "bdi, code, pre, kbd, .mono, .num, [data-foreign], [lang=en], option, script, style";
    const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
    for (let node = walker.nextNode(); node; node = walker.nextNode()) {
      const parent = node.parentElement;
      if (!parent || parent.closest(foreign)) continue;
      if (node.textContent?.trim()) said.push(node.textContent.trim());
    }
    for (const element of document.body.querySelectorAll("[aria-label], [placeholder], [title], [alt]")) {
      // The name of a hidden character is a code.
      if (element.closest("[data-foreign], bdi .mark")) continue;
      for (const attribute of ["aria-label", "placeholder", "title", "alt"]) {
        const value = element.getAttribute(attribute);
        // A label may name a code that stands beside it.
        if (value) said.push([...codes].reduce((text, code) => (code === "" ? text : text.replaceAll(code, "")), value));
      }
    }
    return said;
  });
  const names = /\b(?:alice|alice-77|shop-1|books-and-maps|nord-teas|velo-remont|north-prints|north-trader|kaufmann|elbe-exchange|neva-obmen|ural-24|fresh-start|hudson-btc|client-\d+|Anonymous\d+|market\.example|self\.example)\b/g;
  return [
    ...new Set(
      texts.flatMap((text) =>
        (text.replace(/https?:\/\/\S+|\b\S+\.example\S*|\b[\w.-]+\.(?:db|asc|csv|json)\b/g, "").replace(names, "").match(/\b[A-Za-z][A-Za-z]+\b/g) ?? [])
          .filter((word) => !latinWords.has(word))
          .map((word) => `"${word}" in "${text.slice(0, 80)}"`),
      ),
    ),
  ];
}
