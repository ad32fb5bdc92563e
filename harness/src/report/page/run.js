// One run: what came of it, both books, the story, the lanes.

/** How somebody wants to see runs; it stays from run to run. */
const looks = { books: "steps", isTrue: false, zoom: 1, hiddenKinds: new Set(), step: null };

/** The line that repeats a run, to be copied. */
function replayLine(run) {
  if (!run.replay) return null;
  const code = html("code", { class: "replay", "data-replay": run.replay }, run.replay);
  const copy = button({ class: "copy", click: async () => {
    try {
      await navigator.clipboard.writeText(run.replay);
      tell("copied");
      copy.textContent = "copied";
    } catch {
      getSelection().selectAllChildren(code);
      copy.textContent = "selected";
    }
  } }, "copy");
  return html("div", { class: "repeat" }, html("span", { class: "quiet" }, "repeat"), code, copy);
}

function verdictBanner(run) {
  const verdict = VERDICTS[run.verdict];
  return html("p", { class: `verdict v-${run.verdict}` },
    html("b", { class: "mark", "aria-hidden": "true" }, verdict.mark),
    html("strong", {}, verdict.says),
    html("span", {}, run.line));
}

function factsOf(run, details) {
  const told = storyOf(run);
  const facts = [
    ...(told ? told.heading.map(([heading, text]) => [word(heading), word(text)]) : []),
    ...(details.unit === "turns" ? [] : [["Time", `${duration(run.ns)} for ${details.steps.number.length} steps`]]),
    ...details.facts.map(([heading, text]) => [word(heading), word(text)]),
  ];
  return html("dl", { class: "facts" }, facts.map(([heading, text]) => [html("dt", {}, heading), html("dd", {}, text)]));
}

/** The other runs of the case, and what to compare with. */
function siblings(run) {
  const own = caseOf(run).runs;
  const named = (other) => (own.filter((one) => one.column === other.column).length > 1
    ? `${other.column.name}: ${other.summary}` : other.column.name);
  return html("nav", { class: "siblings", "aria-label": "Runs of this case" },
    own.map((other, place) => button(
      { class: `tab v-${other.verdict}`, "aria-current": other === run ? "page" : null, "data-run": other.number, title: `${other.line} (${place + 1})`, click: () => go(`run/${other.number}`) },
      html("b", { class: "mark", "aria-hidden": "true" }, VERDICTS[other.verdict].mark), named(other))),
    own.length < 5 && own.filter((other) => other !== run).map((other) => button(
      { class: "link compare", "data-with": other.number, click: () => go(`compare/${run.number}/${other.number}`) },
      `compare with ${named(other)}`)));
}

/** The view of one run. */
function runView(run) {
  const details = detailsOf(run);
  const item = caseOf(run);
  const view = html("article", { class: "run-view", "data-run": run.number });
  const look = (number) => { looks.step = number; select(view, number); };
  const draw = () => {
    view.replaceChildren(
      html("div", { class: "run-head" },
        button({ class: "link", click: () => go("") }, "\u2190 all runs"),
        html("h1", {}, item.folder && html("span", { class: "quiet" }, `${item.folder}/`), item.name),
        siblings(run)),
      verdictBanner(run),
      replayLine(run),
      factsOf(run, details),
      booksSection(details, looks, draw),
      storySection(run, details, look),
      lanesSection(details, looks),
      ...details.tables.map((data) => html("section", {}, table(word(data.title), data.head.map(word), data.rows.map((row) => row.map(word))))));
    select(view, looks.step);
  };
  looks.step = null;
  draw();
  view.addEventListener("click", (event) => {
    const step = event.target.closest?.(".at-step");
    if (step) look(Number(step.dataset.step));
  });
  view.look = look;
  return view;
}

/** Goes on to another step, where there is one. */
function stepOn(view, run, by) {
  const numbers = detailsOf(run).steps.number;
  const place = numbers.indexOf(looks.step);
  const next = numbers[Math.min(numbers.length - 1, Math.max(0, place + by))];
  if (next === undefined) return;
  view.look(next);
  const item = view.querySelector(`li.step[data-step="${next}"]`);
  item?.focus({ preventScroll: true });
  item?.scrollIntoView({ block: "nearest" });
}
