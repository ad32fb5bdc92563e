// The table: cases by revision and stage.

/** What the words of a cell are about, one by one. */
function wordsOf(run) {
  if (run.verdict === "skip" || run.verdict === "error" || run.signs.length === 0) {
    return [html("span", { class: "word" }, run.summary)];
  }
  return run.words.map((text) => {
    const sign = signOf(text, run);
    const passes = text.startsWith("(");
    return html("span", { class: `word s-${sign.replace(" ", "-")}${passes ? " passing" : ""}` },
      html("i", { "aria-hidden": "true" }, SIGNS[sign] || "\u2260"), text);
  });
}

function signOf(text, run) {
  if (text.startsWith("corruption")) return "corruption";
  if (text.startsWith("early end")) return "early end";
  if (text.startsWith("stall")) return "stall";
  if (text.startsWith("leak")) return "leak";
  return run.signs.includes("drift") ? "drift" : "underflow";
}

function cell(run) {
  const verdict = VERDICTS[run.verdict];
  return button(
    {
      class: `cell v-${run.verdict}`, "data-run": run.number, "data-verdict": run.verdict, tabindex: "-1",
      title: run.line, click: () => go(`run/${run.number}`),
    },
    html("b", { class: "mark", "aria-hidden": "true" }, verdict.mark),
    aside(`${run.column.name}: ${verdict.says}: `),
    html("span", { class: "words" }, wordsOf(run)),
  );
}

/** A card for a column: how many of its runs show what. */
function card(column, changed) {
  const own = runs.filter((run) => run.column === column);
  const count = (is) => own.filter(is).length;
  const passed = count((run) => run.verdict === "pass");
  const most = Math.max(1, ...columns.flatMap((other) => matrix.signs.map((sign) =>
    runs.filter((run) => run.column === other && run.signs.includes(sign)).length)));
  const rows = matrix.signs.map((sign) => {
    const times = count((run) => run.signs.includes(sign));
    return button(
      {
        class: "tally", "aria-pressed": String(filters.signs.has(sign)), "data-sign": sign, "data-times": times,
        disabled: times === 0, title: `only cases with ${sign}`,
        click: () => { toggle(filters.signs, sign); changed(true); },
      },
      html("span", { class: "tally-name" }, `${SIGNS[sign]} ${sign}`),
      meter(times, most),
      html("span", { class: "number" }, times),
    );
  });
  const rest = own.length - passed;
  return html("section", { class: "card", "data-column": column.name },
    html("h2", {}, column.name),
    html("p", { class: "quiet" }, `${own.length} runs: ${passed} as expected${rest > 0 ? `, ${rest} not` : ""}`),
    rows);
}

function meter(times, most) {
  return svg("svg", { class: "meter", viewBox: "0 0 100 8", preserveAspectRatio: "none", "aria-hidden": "true" },
    svg("rect", { x: 0, y: 0, width: (100 * times) / most, height: 8 }));
}

/** The first view. */
function matrixView() {
  const view = html("div", { class: "matrix-view" });
  const draw = (withBar) => {
    const focused = document.activeElement;
    const again = focused && focused.dataset.value !== undefined ? focused.dataset.value : null;
    if (withBar) {
      view.replaceChildren(head(), bar(), grid);
      if (again !== null) view.querySelector(`.choice [data-value="${CSS.escape(again)}"]`)?.focus();
    }
    show(grid);
  };
  const head = () => html("div", {},
    index.about.length > 0 && html("dl", { class: "facts" }, index.about.map(([heading, text]) =>
      [html("dt", {}, word(heading)), html("dd", {}, word(text))])),
    html("div", { class: "cards" }, columns.map((column) => card(column, draw))),
    index.tables.map((data) => table(word(data.title), data.head.map(word), data.rows.map((row) => row.map(word)))));
  const bar = () => filterBar(draw);
  const grid = gridOf();
  view.append(head(), bar(), grid);
  show(grid);
  return view;
}

function gridOf() {
  const body = html("tbody", {});
  let folder = null;
  for (const item of cases) {
    if (item.folder !== folder) {
      folder = item.folder;
      body.append(html("tr", { class: "folder", "data-folder": folder },
        html("th", { colspan: columns.length + 1, scope: "colgroup" }, folder || "\u2014")));
    }
    body.append(html("tr", { "data-case": item.number, "data-of": folder },
      html("th", { scope: "row" },
        item.became && html("span", { class: `became b-${item.became}` }, item.became),
        item.name,
        item.remarks.length > 0 && html("ul", { class: "remarks" }, item.remarks.map((text) => html("li", {}, text)))),
      columns.map((column) => html("td", { "data-column": column.number },
        item.runs.filter((run) => run.column === column).map(cell)))));
  }
  return html("table", { class: "matrix", id: "matrix" },
    html("caption", { class: "heard" }, "Cases by revision and stage"),
    html("thead", {}, html("tr", {}, html("th", { scope: "col" }, "case"),
      columns.map((column) => html("th", { scope: "col", "data-column": column.number }, column.name)))),
    body);
}

/** Shows what is asked for, and says how much that is. */
function show(grid) {
  const folders = new Set();
  let [shownCases, shownRuns] = [0, 0];
  for (const row of grid.querySelectorAll("tr[data-case]")) {
    let wanted = 0;
    for (const one of row.querySelectorAll(".cell")) {
      const isOne = isWanted(runs[Number(one.dataset.run)]);
      one.classList.toggle("unwanted", !isOne);
      wanted += isOne ? 1 : 0;
    }
    row.hidden = wanted === 0;
    if (wanted > 0) folders.add(row.dataset.of);
    shownCases += wanted > 0 ? 1 : 0;
    shownRuns += wanted;
  }
  for (const row of grid.querySelectorAll("tr.folder")) row.hidden = !folders.has(row.dataset.folder);
  for (const one of grid.querySelectorAll("[data-column]")) {
    one.hidden = filters.hidden.has(Number(one.dataset.column));
  }
  const counts = grid.parentElement?.querySelector("#shown");
  if (counts) counts.textContent = `${shownRuns} of ${runs.length} runs, ${shownCases} of ${cases.length} cases`;
  const first = [...grid.querySelectorAll(".cell")].find((one) => one.offsetParent !== null || !one.closest("[hidden]"));
  for (const one of grid.querySelectorAll('.cell[tabindex="0"]')) one.tabIndex = -1;
  if (first) first.tabIndex = 0;
}
