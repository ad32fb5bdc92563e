// The keyboard.

const KEYS = [
  ["\u2191 \u2193 or k j", "the case above or below; in a run, the step"],
  ["\u2190 \u2192 or h l", "the column beside it; in a run, the run beside it"],
  ["Enter", "opens the run"],
  ["c", "holds this run, and with the next c compares both"],
  ["1 to 9", "in a run: another run of the same case"],
  ["b", "in a run: the next view of both books"],
  ["+ \u2212", "in a run: wider and narrower lanes"],
  ["/", "the filter"],
  ["Esc", "back; in the table, everything is shown again"],
  ["t", "theme: auto, light, dark"],
  ["?", "these keys"],
];

function openHelp() {
  const help = document.getElementById("help");
  if (help.open) { help.close(); return; }
  help.replaceChildren(
    html("h2", {}, "Keys"),
    html("dl", { class: "keys" }, KEYS.map(([key, does]) => [html("dt", {}, html("kbd", {}, key)), html("dd", {}, does)])),
    html("h2", {}, "Shapes"),
    html("dl", { class: "keys" }, Object.entries(VERDICTS).map(([name, verdict]) =>
      [html("dt", {}, verdict.mark), html("dd", {}, `${name}: ${verdict.says}`)]),
    Object.entries(SIGNS).map(([name, mark]) => [html("dt", {}, mark), html("dd", {}, SIGN_WORDS[name])])),
    html("p", { class: "quiet" }, "VF -512 of 0: the driver counts -512 pages where firmware books 0. In brackets: so it was for a while, but not at the end."),
    button({ click: () => help.close() }, "close"));
  help.showModal();
}

const SIGN_WORDS = {
  drift: "drift: the driver's counter is not what firmware books",
  underflow: "underflow: a counter is below zero",
  "early end": "early end: a wait for pages ended before they were there",
  stall: "stall: an operation or a command takes 5 s or more",
  leak: "leak: host pages that were never freed",
  corruption: "corruption: firmware owns a page that the host has freed, or something was written where it should not be",
  clean: "clean: nothing of the kind",
};

/** Goes to a cell that is so many rows and columns away. */
function moveBy(down, right) {
  const cells = [...matrixNode.querySelectorAll(".cell")].filter((one) => one.offsetParent !== null && !one.classList.contains("unwanted"));
  const now = document.activeElement.classList.contains("cell") ? document.activeElement : null;
  if (!now) { focusCell(matrixNode.querySelector('.cell[tabindex="0"]') || cells[0]); return; }
  const row = now.closest("tr");
  const column = (one) => Number(one.closest("td").dataset.column);
  if (right !== 0) {
    const own = cells.filter((one) => one.closest("tr") === row);
    focusCell(own[own.indexOf(now) + right]);
    return;
  }
  const rows = [...new Set(cells.map((one) => one.closest("tr")))];
  const next = rows[rows.indexOf(row) + down];
  if (!next) return;
  const there = cells.filter((one) => one.closest("tr") === next);
  there.sort((one, other) => Math.abs(column(one) - column(now)) - Math.abs(column(other) - column(now)));
  focusCell(there[0]);
}

/** Holds a run, or compares it with the one that is held. */
function hold(run) {
  if (held && held !== run) {
    const one = held;
    held = null;
    markHeld();
    go(`compare/${one.number}/${run.number}`);
    return;
  }
  held = held === run ? null : run;
  markHeld();
  tell(held ? `${nameOf(run)} is held; c on another run compares both` : "nothing is held");
}

function markHeld() {
  for (const one of matrixNode?.querySelectorAll(".cell.held") || []) one.classList.remove("held");
  if (held) matrixNode?.querySelector(`.cell[data-run="${held.number}"]`)?.classList.add("held");
  document.getElementById("held")?.remove();
  if (held) {
    const note = html("p", { id: "held" }, `${nameOf(held)} is held: c on another run compares both. `,
      button({ class: "link", click: () => { held = null; markHeld(); } }, "let go"));
    document.body.append(note);
  }
}

const inMatrix = {
  j: () => moveBy(1, 0), ArrowDown: () => moveBy(1, 0),
  k: () => moveBy(-1, 0), ArrowUp: () => moveBy(-1, 0),
  l: () => moveBy(0, 1), ArrowRight: () => moveBy(0, 1),
  h: () => moveBy(0, -1), ArrowLeft: () => moveBy(0, -1),
  c: () => { const { run } = document.activeElement.dataset; if (run !== undefined) hold(runs[Number(run)]); },
  Escape: () => { clearFilters(); matrixNode.replaceWith((matrixNode = matrixView())); shown.view = matrixNode; },
};

function beside(by) {
  const own = caseOf(shown.run).runs;
  const next = own[own.indexOf(shown.run) + by];
  if (next) go(`run/${next.number}`);
}

const inRun = {
  j: () => stepOn(shown.view, shown.run, 1), ArrowDown: () => stepOn(shown.view, shown.run, 1),
  k: () => stepOn(shown.view, shown.run, -1), ArrowUp: () => stepOn(shown.view, shown.run, -1),
  l: () => beside(1), ArrowRight: () => beside(1),
  h: () => beside(-1), ArrowLeft: () => beside(-1),
  b: () => {
    const buttons = [...shown.view.querySelectorAll(".books .choice button")];
    const now = buttons.findIndex((one) => one.getAttribute("aria-pressed") === "true");
    buttons[(now + 1) % buttons.length]?.click();
  },
  "+": () => shown.view.querySelector(".wider")?.click(),
  "-": () => shown.view.querySelector(".wider")?.previousElementSibling.click(),
  c: () => hold(shown.run),
  Escape: () => go(""),
};

function onKey(event) {
  if (event.ctrlKey || event.metaKey || event.altKey || document.getElementById("help").open) return;
  if (event.target.matches("input")) {
    if (event.key === "Escape" || event.key === "Enter") { event.target.blur(); moveBy(0, 0); event.preventDefault(); }
    return;
  }
  // A field that scrolls keeps its own arrows.
  if (event.target.matches(".lane-scroll") && event.key.startsWith("Arrow")) return;
  const everywhere = {
    "?": openHelp,
    t: nextTheme,
    "/": () => { if (shown.kind !== "matrix") go(""); requestAnimationFrame(() => document.getElementById("search")?.focus()); },
  };
  const inComparison = { Escape: () => go(`run/${shown.run.number}`) };
  const here = { matrix: inMatrix, run: inRun, compare: inComparison }[shown.kind] || {};
  const digit = shown.kind === "run" && /^[1-9]$/.test(event.key) ? caseOf(shown.run).runs[Number(event.key) - 1] : null;
  const act = everywhere[event.key] || here[event.key] || (digit && (() => go(`run/${digit.number}`)));
  if (!act) return;
  event.preventDefault();
  act();
}

drawTop();
addEventListener("hashchange", route);
addEventListener("keydown", onKey);
route();
