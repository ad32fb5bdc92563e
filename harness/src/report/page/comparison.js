// Two runs side by side, and what is other.

/** The curve of a counter, or one that nobody has. */
function curveOf(details, counter) {
  return details.books.find((curve) => word(curve.counter) === counter) || null;
}

/** What both show after a step of this number, as rows [what, one, other]. */
function stepRows(one, other, number) {
  const places = [one, other].map((details) => details.steps.number.indexOf(number));
  const both = (of) => [one, other].map((details, side) => (places[side] < 0 ? "not done" : of(details, places[side])));
  const rows = [
    ["returns", ...both((details, place) => details.steps.returns[place] ?? "nothing")],
    ["took", ...both((details, place) => (details.steps.took[place] === null ? "nothing" : duration(details.steps.took[place])))],
  ];
  const counters = [...new Set([...one.books, ...other.books].map((curve) => word(curve.counter)))];
  for (const counter of counters) {
    for (const book of ["driver", "firmware"]) {
      rows.push([`${counter}, ${book}`, ...both((details, place) => {
        const curve = curveOf(details, counter);
        return curve ? counted(curve[book][place]) : "0";
      })]);
    }
  }
  return rows.filter(([, left, right]) => String(left) !== String(right));
}

/** Every step in which something is other, with what it is. */
function differingSteps(one, other) {
  const numbers = [...new Set([...one.steps.number, ...other.steps.number])].sort((left, right) => left - right);
  return numbers.map((number) => ({ number, rows: stepRows(one, other, number) })).filter(({ rows }) => rows.length > 0);
}

/** Messages of one that the other has not. */
function onlyIn(one, other) {
  const said = (details) => details.messages.map((message) => `${message.step} ${message.text}`);
  const known = new Set(said(other));
  return one.messages.filter((message, place) => !known.has(said(one)[place]));
}

function side(run, details, other, marks) {
  const counters = [...new Set([...sortedBooks(details), ...sortedBooks(other)].map((curve) => word(curve.counter)))];
  const only = onlyIn(details, other);
  return html("section", { class: "side", "data-run": run.number },
    html("h2", {}, nameOf(run)),
    verdictBanner(run),
    counters.map((counter) => {
      const [own, theirs] = [curveOf(details, counter), curveOf(other, counter)];
      const range = [own, theirs].filter(Boolean).flatMap((curve) => [...curve.driver, ...curve.firmware]);
      return own ? stepChart(details, own, range, marks.get(counter)) : html("p", { class: "quiet" }, `${counter}: 0 in both books`);
    }),
    html("h3", {}, "Only here"),
    only.length > 0
      ? html("ul", { class: "messages" }, only.map((message) => html("li", { class: `message m-${message.kind}` },
        html("b", { "aria-hidden": "true" }, MESSAGES[message.kind][0]),
        html("span", { class: "quiet" }, message.step === null ? "at the end: " : `step ${message.step}: `), messageText(message))))
      : html("p", { class: "quiet" }, "no message that the other has not"),
    lanesSection(details, looks),
    replayLine(run));
}

/** The steps, by counter, in which a counter is other. */
function marksOf(differing) {
  const marks = new Map();
  for (const { number, rows } of differing) {
    for (const [what] of rows) {
      const counter = what.split(", ")[0];
      if (!marks.has(counter)) marks.set(counter, new Set());
      marks.get(counter).add(number);
    }
  }
  return marks;
}

/** The view of two runs. */
function comparisonView(one, other) {
  const [left, right] = [detailsOf(one), detailsOf(other)];
  const differing = differingSteps(left, right);
  const what = (number) => {
    const details = left.steps.number.includes(number) ? left : right;
    return word(details.steps.what[details.steps.number.indexOf(number)]);
  };
  const rows = differing.flatMap(({ number, rows: values }) => values.map(([name, first, second], place) =>
    [place === 0 ? `${number}. ${what(number)}` : "", name, html("strong", {}, first), html("strong", {}, second)]));
  const item = caseOf(one);
  const view = html("article", { class: "comparison-view", "data-one": one.number, "data-other": other.number },
    html("div", { class: "run-head" },
      button({ class: "link", click: () => go(`run/${one.number}`) }, `\u2190 ${nameOf(one)}`),
      html("h1", {}, "Side by side"),
      button({ class: "link", click: () => go(`compare/${other.number}/${one.number}`) }, "swap")),
    item === caseOf(other) && item.became && html("p", { class: "verdict" },
      html("b", { class: `became b-${item.became}` }, item.became), item.remarks.join("; ")),
    html("p", { class: "difference", "data-steps": differing.length },
      html("b", { class: "mark", "aria-hidden": "true" }, differing.length > 0 ? "\u2260" : "="),
      differing.length > 0
        ? `${differing.length} of ${Math.max(left.steps.number.length, right.steps.number.length)} steps show something else, the first is step ${differing[0].number}.`
        : "Both show the same after every step."),
    html("div", { class: "sides" }, side(one, left, right, marksOf(differing)), side(other, right, left, marksOf(differing))),
    rows.length > 0 && table("What is other", ["step", "number", nameOf(one), nameOf(other)], rows, { class: "plain differences" }));
  view.addEventListener("click", (event) => {
    const step = event.target.closest?.(".at-step");
    if (step) select(view, Number(step.dataset.step));
  });
  return view;
}
