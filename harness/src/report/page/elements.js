"use strict";
// Elements of the page. What runs have said goes into the page as text only, never as markup.

const SVG = "http://www.w3.org/2000/svg";

/** Gives an element its attributes (functions listen, null is left out) and what is in it. */
function filled(element, attributes, inner) {
  for (const [name, value] of Object.entries(attributes || {})) {
    if (value === null || value === undefined || value === false) continue;
    if (typeof value === "function") element.addEventListener(name, value);
    else element.setAttribute(name, value === true ? "" : String(value));
  }
  for (const child of inner.flat(Infinity)) {
    if (child === null || child === undefined || child === false) continue;
    element.append(child instanceof Node ? child : document.createTextNode(String(child)));
  }
  return element;
}

/** An element of HTML. */
function html(tag, attributes, ...inner) {
  return filled(document.createElement(tag), attributes, inner);
}

/** An element of a drawing. */
function svg(tag, attributes, ...inner) {
  return filled(document.createElementNS(SVG, tag), attributes, inner);
}

/** What only those hear who cannot see. */
function aside(text) {
  return html("span", { class: "heard" }, text);
}

/** A button with a shape that needs no colour. */
function button(attributes, ...inner) {
  return html("button", { type: "button", ...attributes }, ...inner);
}

/** Buttons of which some are pressed: `options` are [value, text], `pressed` says which, `choose` is told. */
function choice(label, options, pressed, choose) {
  const group = html("div", { class: "choice", role: "group", "aria-label": label });
  for (const [value, text, title] of options) {
    group.append(
      button({ "aria-pressed": String(pressed(value)), "data-value": value, title, click: () => choose(value) }, text),
    );
  }
  return group;
}

/** A table of texts. */
function table(caption, head, rows, attributes) {
  return html("div", { class: "scroll" },
    html("table", { class: "plain", ...attributes },
      caption && html("caption", {}, caption),
      html("thead", {}, html("tr", {}, head.map((text) => html("th", { scope: "col" }, text)))),
      html("tbody", {}, rows.map((row) => html("tr", {},
        row.map((text, place) => html(place === 0 ? "th" : "td", place === 0 ? { scope: "row" } : {}, text)))))));
}

/** Says something to everybody who does not look. */
function tell(text) {
  document.getElementById("told").textContent = text;
}

/** Nanoseconds as a person reads them. */
function duration(ns) {
  if (ns < 1e3) return `${ns} ns`;
  if (ns < 1e6) return `${trimmed(ns / 1e3)} \u00b5s`;
  if (ns < 1e9) return `${trimmed(ns / 1e6)} ms`;
  return `${trimmed(ns / 1e9)} s`;
}

function trimmed(number) {
  const digits = number >= 100 ? 0 : number >= 10 ? 1 : 2;
  return number.toFixed(digits).replace(/\.?0+$/, (zeros) => (zeros.includes(".") ? "" : zeros));
}

/** A counter as the kernel's WARNs read it, with what the kernel prints where that is another number. */
function counted(value) {
  if (value === null || value === undefined) return "not shown";
  return value < 0 ? `${value} (${value + 4294967296} as u32)` : String(value);
}
