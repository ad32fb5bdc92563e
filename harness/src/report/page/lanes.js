// Lanes: what lasted and what happened, one lane for each actor, over virtual time.

const LANE = { height: 20, top: 40, bottom: 8 };

const KINDS = {
  steps: "steps",
  notices: "broken and printed",
  task: "tasks",
  lock: "locks",
  commands: "commands",
  hold: "holds",
  requests: "page requests",
  firmware: "firmware",
};

/** The letters that fit into so many points. */
function fitting(text, width) {
  const letters = Math.floor((width - 6) / 6.1);
  if (letters < 2) return "";
  return text.length <= letters ? text : `${text.slice(0, letters - 1)}\u2026`;
}

function laneTime(details, time) {
  return details.unit === "turns" ? `turn ${time}` : duration(time);
}

/** The lanes that are shown, from top to bottom. */
function shownLanes(details, state) {
  return details.lanes.kind
    .map((kind, number) => ({ kind, number, name: word(details.lanes.name[number]) }))
    .filter((lane) => !state.hiddenKinds.has(lane.kind));
}

/** The drawing itself. `choose` is told what somebody clicks on. */
function lanesDrawing(details, state, width, choose) {
  const lanes = shownLanes(details, state);
  const rows = new Map(lanes.map((lane, row) => [lane.number, row]));
  const height = LANE.top + lanes.length * LANE.height + LANE.bottom;
  const x = timeScale(details, state.isTrue, 4, width - 14);
  const top = (row) => LANE.top + row * LANE.height;
  const drawing = svg("svg", { class: "lanes", width, height, viewBox: `0 0 ${width} ${height}`, role: "img", "aria-label": `${lanes.length} lanes; below is the same as a table` });
  drawBands(drawing, details, x, height);
  lanes.forEach((lane, row) => drawing.append(
    svg("line", { class: "lane-rule", x1: 0, x2: width, y1: top(row) + LANE.height, y2: top(row) + LANE.height })));
  const { bars, points, arrows } = details.lanes;
  bars.lane.forEach((number, place) => {
    const row = rows.get(number);
    if (row === undefined) return;
    const [began, lasted, isInner] = [bars.began[place], bars.lasted[place], bars.depth[place] > 0];
    const [from, to] = [x(began), x(began + lasted)];
    const wide = Math.max(1.5, to - from);
    const name = word(bars.name[place]);
    const about = word(bars.about[place]);
    const text = fitting(name, wide);
    drawing.append(svg("g",
      {
        class: `bar k-${details.lanes.kind[number]}${isInner ? " inner" : ""}`, "data-lane": word(details.lanes.name[number]),
        "data-began": began, "data-lasted": lasted, click: () => choose({ lane: number, began, lasted, name, about }),
      },
      isInner
        ? svg("rect", { x: from, y: top(row) + LANE.height - 6, width: wide, height: 4 })
        : svg("rect", { x: from, y: top(row) + 2, width: wide, height: LANE.height - 4, rx: 2 }),
      text && !isInner ? svg("text", { x: from + 4, y: top(row) + 13 }, text) : null,
      svg("title", {}, `${name}\n${laneTime(details, began)}, for ${details.unit === "turns" ? "a turn" : duration(lasted)}${about ? `\n${about}` : ""}`)));
  });
  points.lane.forEach((number, place) => {
    const row = rows.get(number);
    if (row === undefined) return;
    const [at, name] = [points.at[place], word(points.name[place])];
    drawing.append(svg("g", { class: `point k-${details.lanes.kind[number]}`, click: () => choose({ lane: number, began: at, name, about: "" }) },
      details.lanes.kind[number] === "firmware" && details.unit !== "turns"
        ? svg("rect", { x: x(at) - 1, y: top(row) + 4, width: 2, height: LANE.height - 8 })
        : svg("path", { d: `M${x(at)} ${top(row) + 4}l5 6l-5 6l-5 -6z` }),
      svg("title", {}, `${name}\n${laneTime(details, at)}`)));
  });
  for (const way of arrows) drawArrow(drawing, way, rows, x, top);
  return drawing;
}

/** Steps as bands behind everything, with their numbers and times above. */
function drawBands(drawing, details, x, height) {
  let free = -Infinity;
  for (const { number, place, began, ended } of bandsOf(details)) {
    const [from, to] = [x(began), x(ended)];
    const label = details.unit === "turns" ? "" : duration(ended);
    const fits = to - free > 52;
    if (fits) free = to;
    drawing.append(svg("g", { class: "at-step", "data-step": number },
      svg("rect", { class: place % 2 ? "band odd" : "band", x: from, width: Math.max(0.5, to - from), y: 0, height }),
      to - from > 12 ? svg("text", { class: "step-number", x: (from + to) / 2, y: 14, "text-anchor": "middle" }, number) : null,
      fits ? svg("text", { class: "tick", x: to - 2, y: 30, "text-anchor": "end" }, label) : null,
      svg("title", {}, `step ${number}: ${word(details.steps.what[place])}`)));
  }
}

/** From a page request over who serves it to the commands that answer it. */
function drawArrow(drawing, way, rows, x, top) {
  const places = [];
  for (let place = 0; place + 1 < way.length; place += 2) {
    const row = rows.get(way[place]);
    if (row !== undefined) places.push([x(way[place + 1]), top(row) + LANE.height / 2]);
  }
  for (let place = 1; place < places.length; place += 1) {
    const [[fromX, fromY], [toX, toY]] = [places[place - 1], places[place]];
    const bend = Math.max(12, Math.abs(toX - fromX) / 2);
    drawing.append(svg("path", {
      class: "flow", "marker-end": "url(#head)",
      d: `M${fromX} ${fromY}C${fromX + bend} ${fromY} ${toX - bend} ${toY} ${toX} ${toY}`,
    }));
  }
}

/** The same for those who cannot see it. */
function lanesTable(details) {
  const { bars, points, name } = details.lanes;
  const rows = bars.lane.map((lane, place) => [bars.began[place],
    [word(name[lane]), word(bars.name[place]), laneTime(details, bars.began[place]),
      details.unit === "turns" ? "1 turn" : duration(bars.lasted[place]), word(bars.about[place])]]);
  points.lane.forEach((lane, place) => rows.push([points.at[place],
    [word(name[lane]), word(points.name[place]), laneTime(details, points.at[place]), "", ""]]));
  rows.sort((one, other) => one[0] - other[0]);
  return table("Everything in the order of time", ["lane", "what", "at", "lasted", "about"], rows.map((row) => row[1]));
}

/** The section with the lanes. */
function lanesSection(details, state) {
  if (!details.lanes || details.lanes.kind.length === 0) return null;
  const chosen = html("p", { class: "chosen quiet" }, "Click on something to read all of it.");
  const choose = ({ lane, began, lasted, name, about }) => {
    chosen.textContent = `${word(details.lanes.name[lane])}: ${name}, at ${laneTime(details, began)}`
      + `${lasted === undefined || details.unit === "turns" ? "" : `, for ${duration(lasted)}`}${about ? `. ${about}` : ""}`;
  };
  const holder = html("div", { class: "lanes-holder" });
  const toolbar = html("div", { class: "section-head" });
  const draw = () => {
    const labels = html("ol", { class: "lane-names" },
      shownLanes(details, state).map((lane) => html("li", { class: `k-${lane.kind}`, title: lane.name }, lane.name)));
    const scroller = html("div", { class: "lane-scroll", tabindex: "0", role: "region", "aria-label": "Lanes over time" });
    holder.replaceChildren(labels, scroller);
    const room = Math.max(420, scroller.clientWidth || 1200);
    scroller.append(lanesDrawing(details, state, Math.round(room * state.zoom), choose));
    select(holder, looks.step);
    tools();
  };
  const zoom = (factor) => { state.zoom = Math.min(64, Math.max(1, state.zoom * factor)); draw(); };
  const tools = () => {
    const kinds = [...new Set(details.lanes.kind)];
    toolbar.replaceChildren(
      html("h2", {}, details.unit === "turns" ? "Who does what, turn by turn" : "Lanes, over time"),
      details.unit === "turns" ? "" : choice("Scale", [[false, "folded", "gaps by their order of magnitude"], [true, "to scale"]],
        (value) => value === state.isTrue, (value) => { state.isTrue = value; draw(); }),
      html("div", { class: "choice", role: "group", "aria-label": "Zoom" },
        button({ click: () => zoom(1 / 2), "aria-label": "narrower" }, "\u2212"),
        button({ click: () => zoom(2), "aria-label": "wider", class: "wider" }, "+"),
        html("span", { class: "quiet" }, `\u00d7${state.zoom}`)),
      kinds.length < 2 ? "" : choice("Kinds of lanes", kinds.map((kind) => [kind, KINDS[kind]]),
        (kind) => !state.hiddenKinds.has(kind), (kind) => { toggle(state.hiddenKinds, kind); draw(); }));
  };
  const asTable = html("details", { class: "more", toggle: (event) => {
    if (event.target.open && event.target.children.length === 1) event.target.append(lanesTable(details));
  } }, html("summary", {}, "the same as a table"));
  const section = html("section", { class: "lanes-section" }, toolbar, holder, chosen, asTable);
  // Its width is known once it stands in the page.
  requestAnimationFrame(draw);
  tools();
  return section;
}
