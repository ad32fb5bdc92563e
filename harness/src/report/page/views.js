// Which view is shown: the place in the address says it, so that Back and links work.

const app = document.getElementById("app");

/** The view that is shown, and the run that is open in it. */
const shown = { view: null, run: null, kind: "", at: -1 };

/** The run that is to be compared with the next one. */
let held = null;

let matrixNode = null;

function go(place) {
  if (location.hash.slice(1) === place) route();
  else location.hash = place;
}

function route() {
  const [kind, ...numbers] = location.hash.slice(1).split("/");
  const chosen = numbers.map((number) => runs[Number(number)]);
  const last = shown.run;
  if (kind === "run" && chosen[0]) present(kind, runView(chosen[0]), chosen[0]);
  else if (kind === "compare" && chosen[0] && chosen[1]) present(kind, comparisonView(chosen[0], chosen[1]), chosen[0]);
  else {
    matrixNode ??= matrixView();
    present("matrix", matrixNode, null);
    if (last) focusCell(matrixNode.querySelector(`.cell[data-run="${last.number}"]`));
  }
}

function present(kind, view, run) {
  Object.assign(shown, { kind, view, run: run || shown.run });
  document.title = run ? `${nameOf(run)} - mlx5-cosim` : `${index.title} - mlx5-cosim`;
  app.replaceChildren(hatch(), view);
  document.body.dataset.view = kind;
  if (kind !== "matrix") {
    scrollTo(0, 0);
    app.focus({ preventScroll: true });
  }
  if (run) tell(`${nameOf(run)}: ${run.line}`);
}

function focusCell(cellButton) {
  if (!cellButton) return;
  for (const one of document.querySelectorAll('.cell[tabindex="0"]')) one.tabIndex = -1;
  cellButton.tabIndex = 0;
  cellButton.focus();
  cellButton.scrollIntoView({ block: "nearest", inline: "nearest" });
}

const THEMES = ["auto", "light", "dark"];

function themeButton() {
  const label = () => `theme: ${document.documentElement.dataset.theme || "auto"}`;
  const one = button({ id: "theme", click: () => { nextTheme(); } }, label());
  return one;
}

function nextTheme() {
  const root = document.documentElement;
  const next = THEMES[(THEMES.indexOf(root.dataset.theme || "auto") + 1) % THEMES.length];
  root.dataset.theme = next;
  document.getElementById("theme").textContent = `theme: ${next}`;
}

function drawTop() {
  document.getElementById("top").append(
    html("a", { class: "name", href: "#" }, "mlx5-cosim"),
    html("span", { class: "title" }, index.title),
    html("span", { class: "totals", id: "totals" }, word(index.totals)),
    html("span", { class: "grow" }),
    themeButton(),
    button({ id: "help-button", click: openHelp, "aria-label": "keys" }, "? keys"));
}
