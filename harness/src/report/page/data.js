// The data of the page. The table is read at once, a run when somebody opens it.

const index = JSON.parse(document.getElementById("index").textContent);

/** A text by its number. */
const word = (number) => index.words[number];

const matrix = index.matrix;

const VERDICTS = {
  pass: { mark: "\u2713", says: index.title === "review" ? "nothing is wrong by itself" : "as expected" },
  fail: { mark: "\u2717", says: index.title === "review" ? "wrong by itself" : "not as expected" },
  error: { mark: "!", says: "nobody could judge it" },
  skip: { mark: "\u2013", says: "not run" },
};

/** The columns, each with its name: the stage is named where there are several. */
const columns = matrix.columns.map(([revision, stage], number) => {
  const stages = new Set(matrix.columns.map((column) => column[1]));
  const isPlain = stages.size === 1 || revision === stage;
  return { number, revision, stage, name: isPlain ? revision : `${revision} on ${stage}` };
});

/** The runs, by number. */
const runs = matrix.runs.case.map((caseNumber, number) => {
  const bits = matrix.runs.signs[number];
  const line = word(matrix.runs.line[number]);
  const words = matrix.runs.words[number].map(word);
  return {
    number,
    caseNumber,
    column: columns[matrix.runs.column[number]],
    verdict: matrix.runs.verdict[number],
    signs: matrix.signs.filter((_, bit) => (bits >> bit) & 1),
    words,
    summary: words.join(", "),
    line,
    ns: matrix.runs.ns[number],
    replay: word(matrix.runs.replay[number]),
  };
});

/** The cases, by number, with their runs. */
const cases = matrix.cases.name.map((name, number) => ({
  number,
  name: word(name),
  folder: word(matrix.cases.folder[number]),
  file: word(matrix.cases.file[number]),
  became: matrix.cases.became[number] === null ? null : word(matrix.cases.became[number]),
  remarks: matrix.cases.remarks[number].map(word),
  runs: [],
}));
for (const run of runs) cases[run.caseNumber].runs.push(run);

const caseOf = (run) => cases[run.caseNumber];

/** How a run is called. */
const nameOf = (run) => `${caseOf(run).name}@${run.column.name}`;

const known = new Map();

/** Times that are kept as what lies between one and the next. */
function summed(between) {
  let time = 0;
  return between.map((since) => (time += since));
}

/** All that is known of a run. */
function detailsOf(run) {
  if (!known.has(run.number)) {
    const details = JSON.parse(document.getElementById(`run-${run.number}`).textContent);
    if (details.lanes) {
      details.lanes.bars.began = summed(details.lanes.bars.began);
      details.lanes.points.at = summed(details.lanes.points.at);
    }
    known.set(run.number, details);
  }
  return known.get(run.number);
}

/** A scenario in sentences; null where there is none. */
function storyOf(run) {
  const element = document.getElementById(`case-${run.caseNumber}`);
  return element ? JSON.parse(element.textContent) : null;
}

/** Where the books of a counter differ first: the place of the step, or -1. What nobody sees does not differ. */
function differenceOf(curve) {
  return curve.driver.findIndex((driver, place) => driver !== null && driver !== curve.firmware[place]);
}

/** The books that part come first, then those that differ for a while. */
function sortedBooks(details) {
  const parted = (curve) => (curve.parts !== null ? 0 : differenceOf(curve) >= 0 ? 1 : 2);
  return [...details.books].sort((one, other) => parted(one) - parted(other));
}
