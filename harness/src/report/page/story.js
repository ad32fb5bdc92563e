// A run as a story: what each step does in a sentence, and what came of it.

const MESSAGES = {
  mismatch: ["\u2717", "not as expected"],
  broken: ["\u25b2", "broken"],
  expected: ["\u25b3", "broken, as the file expects"],
  warning: ["\u2691", "the driver prints"],
  note: ["\u2139", "note"],
};

/** A message in words: what a driver printed is JSON, or a line. */
function messageText(message) {
  const text = word(message.text);
  if (message.kind !== "warning" || !text.startsWith("{")) return text;
  try {
    return Object.entries(JSON.parse(text)).map(([kind, data]) => {
      const members = data && typeof data === "object" ? Object.entries(data) : [];
      return [kind.replaceAll("_", " "), ...members.map(([name, value]) => `${name} ${value}`)].join(", ");
    }).join("; ");
  } catch {
    return text;
  }
}

function messageItem(message) {
  const [mark, says] = MESSAGES[message.kind];
  return html("li", { class: `message m-${message.kind}`, "data-kind": message.kind },
    html("b", { "aria-hidden": "true" }, mark), html("span", { class: "quiet" }, `${says}: `), messageText(message));
}

/** What a step has changed in both books. */
function changesOf(details, place) {
  return details.books.filter((curve) => word(curve.counter) !== "fw_pages_total").flatMap((curve) => {
    const old = (values) => (place === 0 ? 0 : values[place - 1]);
    const [driver, firmware] = [curve.driver[place], curve.firmware[place]];
    const moved = driver !== old(curve.driver) || firmware !== old(curve.firmware);
    if (!moved) return [];
    const name = word(curve.short);
    const differs = driver !== null && driver !== firmware;
    const isLate = firmware === old(curve.firmware);
    const change = isLate ? `${name} driver ${old(curve.driver)} \u2192 ${driver}` : `${name} ${old(curve.firmware)} \u2192 ${firmware}`;
    return [html("span", { class: differs ? "chip differs" : "chip" },
      differs ? `${name} driver ${driver} \u2260 firmware ${firmware}` : change)];
  });
}

/** The section with the story. */
function storySection(run, details, look) {
  const told = storyOf(run);
  const items = details.steps.number.map((number, place) => {
    const step = details.unit === "turns" ? null : told?.steps[number - 1];
    const messages = details.messages.filter((message) => message.step === number);
    const took = details.steps.took[place];
    const returns = details.steps.returns[place];
    return html("li", { class: "at-step step", "data-step": number, value: number, tabindex: "-1", mouseenter: () => look(number) },
      html("p", { class: "says" }, step ? word(step.says) : word(details.steps.what[place])),
      step && step.remarks.map((remark) => html("p", { class: "quiet remark" }, word(remark))),
      html("p", { class: "chips" },
        returns !== null && html("span", { class: returns === 0 ? "chip" : "chip differs" }, `returns ${returns}`),
        took !== null && html("span", { class: "chip" }, `took ${duration(took)}`),
        changesOf(details, place)),
      messages.length > 0 && html("ul", { class: "messages" }, messages.map(messageItem)),
      step && step.expected.length > 0 && html("details", { class: "more" },
        html("summary", {}, "what the file expects here"),
        html("ul", {}, step.expected.map((text) => html("li", {}, word(text))))));
  });
  const last = details.messages.filter((message) => message.step === null);
  const end = told?.ends.find((one) => word(one.revision) === run.column.revision);
  const title = details.unit === "turns" ? "The way there" : "What happens";
  if (items.length === 0 && last.length === 0 && !told) return null;
  return html("section", { class: "story" },
    html("div", { class: "section-head" }, html("h2", {}, title)),
    items.length > 0 && html("ol", { class: "steps" }, items),
    last.length > 0 && html("ul", { class: "messages end" }, last.map(messageItem)),
    end && html("details", { class: "more" },
      html("summary", {}, `At the end, ${word(end.revision)}: ${word(end.judged)}`),
      html("ul", {}, end.lines.map((line) => html("li", {}, word(line))))),
    told && html("p", { class: "why" }, html("b", {}, "Why: "), word(told.why)));
}
