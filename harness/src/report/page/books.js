// Both books as charts: the driver's counter is a solid line with dots, firmware's ledger a dashed one with squares, and
// what lies between them is hatched.

const CHART = { width: 560, height: 210, left: 58, right: 16, top: 30, bottom: 26 };

/** The values that the axis has to show. */
function rangeOf(numbers) {
  const all = [0, ...numbers.filter((number) => number !== null)];
  const [low, high] = [Math.min(...all), Math.max(...all)];
  const room = (high - low || 1) * 0.08;
  return [low < 0 ? low - room : 0, high + room];
}

/** The frame of a chart: the axis of pages with its lines. */
function frame(title, label, y) {
  const { width, height, left, right } = CHART;
  const [from, to] = [left, width - right];
  return svg("svg", { class: "chart", viewBox: `0 0 ${width} ${height}`, role: "img", "aria-label": label },
    svg("text", { class: "chart-title", x: 4, y: 16 }, title),
    y.ticks.map((value) => svg("g", { class: value === 0 ? "rule zero" : "rule" },
      svg("line", { x1: from, x2: to, y1: y(value), y2: y(value) }),
      svg("text", { x: from - 6, y: y(value) + 4, "text-anchor": "end" }, value))));
}

function pagesScale(numbers) {
  const [low, high] = rangeOf(numbers);
  const y = linear(low, high, CHART.height - CHART.bottom, CHART.top);
  y.ticks = ticks(low, high, 4);
  return y;
}

/** A line that keeps its value until the next one. Nobody's values leave gaps. */
function stairs(points, end) {
  let path = "";
  let pen = false;
  points.forEach(([x, y], place) => {
    if (y === null) { pen = false; return; }
    path += `${pen ? `V${y.toFixed(1)}` : `M${x.toFixed(1)} ${y.toFixed(1)}`}`;
    const next = place + 1 < points.length ? points[place + 1][0] : end;
    path += `H${next.toFixed(1)}`;
    pen = true;
  });
  return path;
}

/** What lies between both books, where they differ, as boxes [x, width, top, height]. */
function gaps(places, driver, firmware, y) {
  return places.slice(0, -1).flatMap((x, place) => {
    if (driver[place] === null || driver[place] === firmware[place]) return [];
    const [one, other] = [y(driver[place]), y(firmware[place])];
    return [svg("rect", {
      class: "gap", x, width: Math.max(0.5, places[place + 1] - x), y: Math.min(one, other), height: Math.abs(one - other),
      fill: "url(#hatch)",
    })];
  });
}

/** The pattern that charts are hatched with; once in the page. */
function hatch() {
  return svg("svg", { class: "hatch", width: 0, height: 0, "aria-hidden": "true" },
    svg("defs", {},
      svg("pattern", { id: "hatch", width: 6, height: 6, patternUnits: "userSpaceOnUse", patternTransform: "rotate(45)" },
        svg("line", { x1: 0, y1: 0, x2: 0, y2: 6 })),
      svg("marker", { id: "head", viewBox: "0 0 8 8", refX: 7, refY: 4, markerWidth: 6, markerHeight: 6, orient: "auto" },
        svg("path", { d: "M0 0L8 4L0 8z" }))));
}

/** Where the books part: a flag that needs no colour, with the numbers. It is hollow where the rule that compares both did not break: something may be under way. */
function flag(x, breaks, step, driver, firmware) {
  const toLeft = x > CHART.width / 2;
  return svg("g", { class: breaks ? "flag" : "flag hollow", "data-parting": step, "data-driver": driver, "data-firmware": firmware },
    svg("line", { x1: x, x2: x, y1: CHART.top - 4, y2: CHART.height - CHART.bottom }),
    svg("path", { d: `M${x} ${CHART.top - 12}l7 7l-7 7l-7 -7z` }),
    svg("text", { x: toLeft ? x - 11 : x + 11, y: CHART.top - 1, "text-anchor": toLeft ? "end" : "start" },
      `${breaks ? "part" : "differ"} at step ${step}: driver ${driver}, firmware ${firmware}`));
}

/** The chart of one counter over the steps. `range` makes several charts comparable, `marks` are steps that differ. */
function stepChart(details, curve, range, marks) {
  const { width, height, left, right, bottom, top } = CHART;
  const steps = details.steps.number;
  const places = steps.map((_, place) => left + ((width - left - right) * place) / steps.length);
  const ends = [...places, width - right];
  const y = pagesScale(range || [...curve.driver, ...curve.firmware]);
  const name = word(curve.counter);
  const parting = curve.parts === null ? differenceOf(curve) : steps.indexOf(curve.parts);
  const last = steps.length - 1;
  const label = `${name}: at the end driver ${counted(curve.driver[last])}, firmware ${curve.firmware[last]}`
    + (parting < 0 ? "; the books agree after every step" : `; the books ${curve.parts === null ? "differ" : "part"} at step ${steps[parting]}`);
  const chart = frame(name, label, y);
  chart.classList.add("steps-chart");
  chart.dataset.counter = name;
  if (curve.parts !== null) chart.classList.add("parted");
  const wide = (ends[1] - ends[0]) || 1;
  const every = Math.max(1, Math.ceil(22 / wide));
  const points = (values) => places.map((x, place) => [x, values[place] === null ? null : y(values[place])]);
  chart.append(
    ...gaps(ends, curve.driver, curve.firmware, y),
    svg("path", { class: "line firmware", d: stairs(points(curve.firmware), width - right) }),
    svg("path", { class: "line driver", d: stairs(points(curve.driver), width - right) }),
  );
  steps.forEach((step, place) => {
    const [driver, firmware, x] = [curve.driver[place], curve.firmware[place], places[place]];
    const differs = driver !== null && driver !== firmware;
    chart.append(svg("g",
      {
        class: `at-step${differs ? " differs" : ""}`, "data-step": step, "data-counter": name,
        "data-driver": driver === null ? "null" : driver, "data-firmware": firmware,
      },
      svg("rect", { class: "reach", x, width: ends[place + 1] - x, y: top - 14, height: height - top - bottom + 14 }),
      svg("rect", { class: "dot firmware", x: x - 3, y: y(firmware) - 3, width: 6, height: 6 }),
      driver === null ? null : svg("circle", { class: "dot driver", cx: x, cy: y(driver), r: 2.6 }),
      marks && marks.has(step) ? svg("text", { class: "other", x: x + wide / 2, y: height - bottom - 4, "text-anchor": "middle" }, "\u2260") : null,
      place % every === 0 ? svg("text", { class: "tick", x: x + wide / 2, y: height - 8, "text-anchor": "middle" }, step) : null,
      svg("title", {}, `step ${step}: ${word(details.steps.what[place])}\n${name}: driver ${counted(driver)}, firmware ${firmware}`)));
  });
  if (parting >= 0) chart.append(flag(places[parting], curve.parts !== null, steps[parting], curve.driver[parting], curve.firmware[parting]));
  return chart;
}

/** The value of a number that changes, at a time. */
function valueAt(changes, time) {
  let value = null;
  for (let place = 0; place < changes.at.length && changes.at[place] <= time; place += 1) value = changes.value[place];
  return value;
}

/** The chart of one counter over time. */
function timeChart(details, curve, isTrue) {
  const { width, height, left, right, top, bottom } = CHART;
  const x = timeScale(details, isTrue, left, width - right);
  const y = pagesScale([...curve.driver.value, ...curve.firmware.value]);
  const name = word(curve.counter);
  const chart = frame(name, `${name} over time`, y);
  chart.classList.add("time-chart");
  chart.dataset.counter = name;
  const bands = bandsOf(details);
  bands.forEach(({ number, began, ended, place }) => {
    const [from, to] = [x(began), x(ended)];
    chart.append(svg("g", { class: "at-step", "data-step": number },
      svg("rect", { class: place % 2 ? "band odd" : "band", x: from, width: Math.max(0.5, to - from), y: top, height: height - top - bottom }),
      to - from > 14 ? svg("text", { class: "tick", x: (from + to) / 2, y: height - 8, "text-anchor": "middle" }, number) : null,
      svg("title", {}, `step ${number}: ${word(details.steps.what[place])}\n${duration(began)} to ${duration(ended)}`)));
  });
  const times = [...new Set([0, ...curve.driver.at, ...curve.firmware.at, details.ended])].sort((one, other) => one - other);
  const driver = times.map((time) => valueAt(curve.driver, time));
  const firmware = times.map((time) => valueAt(curve.firmware, time) ?? 0);
  const points = (changes) => changes.at.map((time, place) => [x(time), y(changes.value[place])]);
  const dots = (changes, shape) => changes.at.map((time, place) =>
    shape(x(time), y(changes.value[place]), time, changes.value[place]));
  chart.append(
    ...gaps(times.map(x), driver, firmware, y),
    svg("path", { class: "line firmware", d: stairs([[x(0), y(0)], ...points(curve.firmware)], width - right) }),
    svg("path", { class: "line driver", d: stairs(points(curve.driver), width - right) }),
    ...dots(curve.firmware, (at, place, time, value) =>
      svg("rect", { class: "dot firmware", x: at - 2.4, y: place - 2.4, width: 4.8, height: 4.8 },
        svg("title", {}, `${duration(time)}: firmware ${value}`))),
    ...dots(curve.driver, (at, place, time, value) =>
      svg("circle", { class: "dot driver", cx: at, cy: place, r: 2.2 },
        svg("title", {}, `${duration(time)}: driver ${counted(value)}`))),
  );
  return chart;
}

/** The numbers of all charts as a table. */
function booksTable(details) {
  const curves = sortedBooks(details);
  const head = ["step", ...curves.flatMap((curve) => [`${word(curve.short)} driver`, `${word(curve.short)} firmware`])];
  const rows = details.steps.number.map((number, place) => [
    `${number}. ${word(details.steps.what[place])}`,
    ...curves.flatMap((curve) => {
      const differs = curve.driver[place] !== null && curve.driver[place] !== curve.firmware[place];
      const driver = counted(curve.driver[place]);
      return [differs ? html("strong", {}, `\u2260 ${driver}`) : driver, curve.firmware[place]];
    }),
  ]);
  return table("Both books after every step", head, rows, { class: "plain books-table" });
}

/** What the ledger says of each owner. */
function ownersTable(details) {
  const head = ["step", ...details.owners.map((owner) => word(owner.owner))];
  const rows = details.steps.number.map((number, place) =>
    [String(number), ...details.owners.map((owner) => owner.pages[place])]);
  return table("Pages that firmware books on each function", head, rows);
}

/** The legend says what the shapes are. */
function legend() {
  const sample = (...inner) => svg("svg", { viewBox: "0 0 44 14", width: 44, height: 14, "aria-hidden": "true" }, inner);
  return html("p", { class: "legend" },
    html("span", {}, sample(svg("path", { class: "line driver", d: "M2 7H42" }), svg("circle", { class: "dot driver", cx: 22, cy: 7, r: 3 })), "the driver's counter"),
    html("span", {}, sample(svg("path", { class: "line firmware", d: "M2 7H42" }), svg("rect", { class: "dot firmware", x: 19, y: 4, width: 6, height: 6 })), "firmware's ledger"),
    html("span", {}, sample(svg("rect", { class: "gap", x: 2, y: 1, width: 40, height: 12, fill: "url(#hatch)" })), "they differ"),
    html("span", {}, sample(svg("path", { class: "diamond", d: "M22 0l7 7l-7 7l-7 -7z" })), "here they part"),
    html("span", {}, sample(svg("path", { class: "diamond hollow", d: "M22 1l6 6l-6 6l-6 -6z" })), "they differ, not judged"));
}

/** The section with both books. */
function booksSection(details, state, redraw) {
  if (details.books.length === 0) return null;
  const views = [["steps", "over the steps"]];
  if (details.times.length > 0) views.push(["folded", "over time", "gaps by their order of magnitude"], ["true", "to scale"]);
  views.push(["table", "as a table"]);
  const view = views.some(([name]) => name === state.books) ? state.books : "steps";
  const curves = sortedBooks(details);
  const order = new Map(curves.map((curve, place) => [word(curve.counter), place]));
  const drawn = {
    steps: () => curves.map((curve) => stepChart(details, curve)),
    folded: () => timesInOrder(details, order).map((curve) => timeChart(details, curve, false)),
    true: () => timesInOrder(details, order).map((curve) => timeChart(details, curve, true)),
    table: () => [booksTable(details), details.owners.length > 0 && ownersTable(details)],
  };
  return html("section", { class: "books", "data-view": view },
    html("div", { class: "section-head" },
      html("h2", {}, "Both books"),
      choice("How the books are shown", views, (name) => name === view, (name) => { state.books = name; redraw(); }),
      legend()),
    html("div", { class: view === "table" ? "tables" : "charts" }, drawn[view]()));
}

function timesInOrder(details, order) {
  const place = (curve) => order.get(word(curve.counter)) ?? order.size;
  return [...details.times].sort((one, other) => place(one) - place(other));
}
