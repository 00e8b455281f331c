// Eyes for a page that shows what is untrusted (SEC-22, SEC-23, SEC-27): what became an element that could do something,
// what ran, and what the page's policy had to refuse, also when it was there for a moment only. It is put into the page
// as text, by the tests in Chromium and by those in the real window, so it may use nothing from around it.

/** Begins to watch. What was seen is in the page's `unsafe`, `fired` and `refused`; `looked` counts the elements. */
export function watch() {
  window.unsafe = [];
  window.looked = 0;
  window.fired = [];
  window.refused = [];
  // what each payload calls when it runs; in a frame it would open a dialog, which the tests in Chromium see
  if (window === window.parent) {
    for (const name of ["alert", "confirm", "prompt", "open"]) {
      Object.defineProperty(window, name, { value: (text) => void window.fired.push(`${name} ${text}`), configurable: true });
    }
  }
  document.addEventListener("securitypolicyviolation", (event) => {
    window.refused.push(`${event.effectiveDirective} ${event.blockedURI} ${event.sample}`);
  });
  const ELEMENTS = /^(script|iframe|frame|object|embed|base|meta|link|img|image|picture|source|video|audio|track|applet|portal|marquee|math)$/i;
  // a diagram is an image of ours, in which nothing is alive; formulas are made of elements without addresses
  const drawing = (el) =>
    el.tagName === "IMG" &&
    [...el.attributes].every(({ name, value }) => name !== "src" || value.startsWith("data:image/svg+xml,")) &&
    !el.hasAttribute("srcset");
  const formula = (el) => /^(math|svg)$/i.test(el.tagName) && el.closest(".katex") !== null;
  const look = (el) => {
    window.looked += 1;
    const say = (what) => window.unsafe.push(`${what}: ${el.outerHTML.slice(0, 160)}`);
    if (ELEMENTS.test(el.tagName) && !drawing(el) && !formula(el)) say("element");
    // the icons are ours; markdown never makes svg
    if (el.tagName.toLowerCase() === "svg" && !el.classList.contains("lucide") && !formula(el)) say("svg");
    if (el.tagName === "STYLE" || el.tagName === "FORM") say("element");
    for (const { name, value } of el.attributes) {
      if (/^on/i.test(name)) say("handler");
      if (/^(href|src|srcset|action|formaction|ping|background|poster|data|xlink:href|srcdoc)$/i.test(name) && !drawing(el)) say(`address ${name}=${value}`);
      if (name === "style" && /url\(|expression\(|@import/i.test(value)) say("style");
    }
  };
  // what is added is looked at by where it was added, also when it is gone again by now
  const check = (root, place) => {
    if (!(root instanceof Element)) return;
    const inside = place instanceof Element && place.closest("[role=log]") !== null;
    for (const el of inside ? [root, ...root.querySelectorAll("*")] : root.querySelectorAll("[role=log] *")) look(el);
  };
  new MutationObserver((records) => {
    for (const record of records) {
      if (record.type === "attributes") check(record.target, record.target);
      for (const node of record.addedNodes) check(node, record.target);
    }
  }).observe(document, { subtree: true, childList: true, attributes: true });
}

/**
 * What the last answer looks like. What a drawing is inside depends on the day and on chance; that it is one does not.
 * @returns {string}
 */
export function rendered() {
  const answer = [...document.querySelectorAll("article[data-state]")].at(-1);
  return (answer?.querySelector(".prose")?.innerHTML ?? "")
    .replaceAll(/ id="base-ui-[^"]*"/g, "")
    .replaceAll(/<img [^>]*src="data:image\/svg\+xml,[^>]*>/g, "<drawing>");
}

/** Shows to the watch one of each that it must see: two elements that are gone at once, a call, and what the policy refuses. */
export function provoke() {
  for (const tag of ["form", "video"]) {
    const el = document.createElement(tag);
    document.querySelector("[role=log]")?.append(el);
    el.remove();
  }
  window.alert(1);
  const script = document.createElement("script");
  script.textContent = "window.fired.push('a script of the page')";
  document.head.append(script);
  script.remove();
}
