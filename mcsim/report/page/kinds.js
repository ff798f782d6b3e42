// What each kind of chart shows under the picks: its rows, and the words and lists that its specification leaves open.
const titleOf = (measure, estimand) => content.axes[measure].replace("⟦estimand⟧", () => estimand);

function pickedFigures(measures) {
  const conditions = pickedConditions();
  const layout = layoutOf(conditions);
  const chosen = new Set(conditions);
  const rows = figures.filter(
    (row) =>
      row.estimand === picks.estimand &&
      measures.includes(row.measure) &&
      picks.methods.has(row.method) &&
      chosen.has(row.condition) &&
      row.value !== null,
  );
  const there = new Set(rows.map((row) => row.method));
  return { rows: rows.map((row) => placed(row, layout)), layout, conditions, methods: content.methods.filter((m) => there.has(m)) };
}

function levelWords({ layout, conditions, methods }) {
  const levels = (place) => (layout[place] ? levelsAmong(conditions, layout[place]) : [""]);
  const panels = (place) => levels(place).map((level) => panelTitle(layout[place], level));
  return {
    ...marks(methods),
    x: levels("x"),
    row: panels("row"),
    column: panels("column"),
    "x title": layout.x,
    "y title": titleOf(picks.measure, picks.estimand),
  };
}

const joined = (...titles) => titles.filter(Boolean).join(", ");

const KINDS = {
  performance() {
    const found = pickedFigures([picks.measure]);
    const words = levelWords(found);
    if (found.methods.length <= content.most_lines) return { template: "performance", rows: { figures: found.rows }, words, height: 220 };
    const panel = (x) => panelTitle(found.layout.x, x);
    const rows = found.rows.map((row) => ({ ...row, column: panel(row.x), row: joined(row.column, row.row) }));
    const below = words.column.flatMap((column) => words.row.map((row) => joined(column, row)));
    return {
      template: "performance below",
      rows: { figures: rows },
      words: { ...words, row: below, column: words.x.map(panel), labels: 150 },
      height: 17 * found.methods.length,
    };
  },
};

// The command that draws the same for print.
function commandOf() {
  const chart = content.charts.find((one) => one.kind === picks.chart);
  const words = ["mcsim", "chart", content.command[0], picks.chart];
  const add = (name, ...values) => values.length && words.push(`--${name}`, ...values);
  if (chart.picks.includes("measure")) add("measure", picks.measure);
  if (chart.picks.includes("estimand")) add("estimand", picks.estimand);
  for (const place of PLACES) if (chart.picks.includes(place) && picks.place[place] && picks.place[place] !== "none") add(place, picks.place[place]);
  const held = Object.entries(picks.hold).filter(([, level]) => level).map(([factor, level]) => `${factor}=${level}`);
  add("where", ...held);
  if (picks.methods.size < content.methods.length) add("method", ...content.methods.filter((method) => picks.methods.has(method)));
  words.push(...content.command.slice(1), "--out", `${picks.chart}.pdf`);
  return words.map((word) => (/^[\w.,:=/@%+-]+$/.test(word) ? word : `'${word.replaceAll("'", `'"'"'`)}'`)).join(" ");
}

// Draw the picked chart; what cannot be drawn is said in its place.
let drawing = 0;
let drawn = null;

async function drawChart(target, caption) {
  const mine = ++drawing;
  const chart = content.charts.find((one) => one.kind === picks.chart);
  const { template, rows, words, height, says } = KINDS[picks.chart]();
  caption.textContent = [chart.caption, says].filter(Boolean).join(" ");
  const first = Object.values(rows)[0];
  if (!first.length) {
    target.textContent = "There is no such figure: what is picked does not exist together.";
    return;
  }
  const spec = fill(content.templates[template], words);
  const named = Object.fromEntries(Object.entries(rows).map(([name, list]) => [name, panelsOf(list, words)]));
  const fitted = sized(spec, words, target.clientWidth);
  if (height) (fitted.spec ?? fitted).height = height;
  fitted.datasets = named;
  fitted.description = `${chart.title}: ${titleOf(picks.measure, picks.estimand)}`;
  const result = await vegaEmbed(target, fitted, { actions: false, renderer: "svg" });
  if (mine !== drawing) return result.finalize();  // another was picked meanwhile
  drawn?.finalize();
  drawn = result;
  target.dataset.drawn = picks.chart;
}
