// The page: every change of the picks draws the chart and the table anew.
const target = document.querySelector("[data-chart]");
const caption = document.querySelector("[data-caption]");
const table = new FiguresTable(document.querySelector("[data-table]"));
const heading = document.querySelector("[data-heading]");
const everything = document.querySelector("[data-everything]");

// The figures behind the chart: what it has no field for does not choose among them.
function figuresShown() {
  const { picks: fields, tells } = chartOf(picks.chart);
  const has = (name) => fields.includes(name);
  const measures = new Set(has("measure") ? [picks.measure] : tells);
  const methods = has("methods") ? picks.methods : new Set(content.methods);
  const conditions = new Set(has("condition") ? [conditionPicked()] : pickedConditions({ held: has("hold") }));
  heading.textContent = `${[...measures].map((measure) => content.titles[measure]).join(", ")} of ${picks.estimand}`;
  return figures.filter(
    (row) =>
      measures.has(row.measure) &&
      row.estimand === picks.estimand &&
      methods.has(row.method) &&
      conditions.has(row.condition),
  );
}

function show() {
  drawChart(target, caption);
  document.querySelector("[data-command]").textContent = commandOf();
  const shown = figuresShown();
  if (everything.checked) heading.textContent = "Every measure and estimand";
  table.show(everything.checked ? figures : shown);
}

let missingness = null;

async function showMissingness() {
  const result = await embed(document.querySelector("[data-missingness]"), drawnUp(content.missingness), "Missingness");
  missingness?.finalize();
  missingness = result;
}

new Picker(document.querySelector("form.picks"), show);
everything.addEventListener("change", show);
let width = target.clientWidth;
new ResizeObserver(() => {
  if (Math.abs(target.clientWidth - width) > 8) {
    width = target.clientWidth;
    drawChart(target, caption);
    showMissingness();
  }
}).observe(target);
showMissingness();
show();
