// What of the table is shown.

const filters = {
  text: "",
  verdicts: new Set(),
  signs: new Set(),
  became: new Set(),
  stages: new Set(),
  hidden: new Set(),
};

const CLEAN = "clean";

/** Whether a run is one of those that are asked for. */
function isWanted(run) {
  const { verdicts, signs, stages, hidden } = filters;
  if (hidden.has(run.column.number)) return false;
  if (stages.size > 0 && !stages.has(run.column.stage)) return false;
  if (verdicts.size > 0 && !verdicts.has(run.verdict)) return false;
  if (signs.size > 0) {
    const shows = run.signs.some((sign) => signs.has(sign)) || (signs.has(CLEAN) && run.signs.length === 0);
    if (!shows) return false;
  }
  const item = caseOf(run);
  if (filters.became.size > 0 && !filters.became.has(item.became)) return false;
  const said = `${item.folder}/${item.name} ${run.summary} ${run.line} ${item.became || ""}`.toLowerCase();
  return filters.text.toLowerCase().split(/\s+/).every((part) =>
    part.startsWith("!") && part.length > 1 ? !said.includes(part.slice(1)) : said.includes(part));
}

function isFiltered() {
  const { text, verdicts, signs, became, stages, hidden } = filters;
  return text !== "" || [verdicts, signs, became, stages, hidden].some((set) => set.size > 0);
}

function clearFilters() {
  filters.text = "";
  for (const set of [filters.verdicts, filters.signs, filters.became, filters.stages, filters.hidden]) set.clear();
}

function toggle(set, value) {
  if (!set.delete(value)) set.add(value);
}

/** The bar above the table. `changed` is called whenever something else is asked for. */
function filterBar(changed) {
  const bar = html("section", { class: "filters", "aria-label": "What is shown" });
  const search = html("input", {
    id: "search", type: "search", placeholder: "name, folder, words; !word leaves out", "aria-label": "Filter by text",
    value: filters.text, spellcheck: "false", autocomplete: "off",
    input: (event) => { filters.text = event.target.value; changed(); },
  });
  bar.append(search);
  const add = (label, options, set) => {
    if (options.length < 2) return;
    bar.append(choice(label, options, (value) => set.has(value), (value) => { toggle(set, value); changed(true); }));
  };
  const verdicts = Object.keys(VERDICTS).filter((verdict) => runs.some((run) => run.verdict === verdict));
  add("Outcome", verdicts.map((verdict) => [verdict, `${VERDICTS[verdict].mark} ${verdict}`]), filters.verdicts);
  const signs = matrix.signs.filter((sign) => runs.some((run) => run.signs.includes(sign)));
  add("Signs", [...signs, CLEAN].map((sign) => [sign, `${SIGNS[sign]} ${sign}`]), filters.signs);
  const became = [...new Set(cases.map((item) => item.became).filter(Boolean))];
  add("What became of it", became.map((word) => [word, word]), filters.became);
  const stages = [...new Set(columns.map((column) => column.stage))];
  add("Stage", stages.map((stage) => [stage, stage]), filters.stages);
  if (columns.length > 1) {
    bar.append(choice("Columns", columns.map((column) => [column.number, column.name]),
      (value) => !filters.hidden.has(value), (value) => { toggle(filters.hidden, value); changed(true); }));
  }
  bar.append(html("span", { id: "shown", class: "quiet" }));
  if (isFiltered()) bar.append(button({ class: "link", click: () => { clearFilters(); changed(true); } }, "show all"));
  return bar;
}

/** A shape for every sign. */
const SIGNS = {
  drift: "\u2260",
  underflow: "\u2193",
  "early end": "\u21e5",
  stall: "\u25f7",
  leak: "\u25cc",
  corruption: "\u25b2",
  clean: "\u00b7",
};
