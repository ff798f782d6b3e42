// What each kind of chart shows under the picks: its rows, and the words and lists that its specification leaves open.
// The rows are those that the code for paper makes of the same request.
const titleOf = (measure, estimand) => content.axes[measure].replace("⟦estimand⟧", () => estimand);

function pickedFigures(measures = [picks.measure]) {
  const conditions = pickedConditions();
  const chosen = new Set(conditions);
  const rows = figures.filter(
    (row) =>
      row.estimand === picks.estimand &&
      measures.includes(row.measure) &&
      picks.methods.has(row.method) &&
      chosen.has(row.condition) &&
      row.value !== null,
  );
  const there = new Set(rows.map((row) => row.condition));
  const shown = conditions.filter((condition) => there.has(condition));
  const layout = layoutOf(shown);
  const methods = new Set(rows.map((row) => row.method));
  return {
    rows: rows.map((row) => placed(row, layout)),
    layout,
    conditions: shown,
    methods: content.methods.filter((method) => methods.has(method)),
  };
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
    "note title": layout.rest.length ? `conditions in one place differ in ${layout.rest.join(", ")}` : "",
  };
}

const tooMany = (what, count, most) =>
  count > most && `There are ${count} ${what}, too many to read; ${most} can be shown. Hold factors at some level, or leave out methods.`;

const KINDS = {
  performance() {
    const found = pickedFigures();
    const words = levelWords(found);
    if (found.methods.length <= content.most.lines) {
      return { template: "performance", rows: { figures: found.rows }, words, fit: fitPanels, height: 220 };
    }
    const rows = found.rows.map((row) => ({ ...row, column: panelTitle(found.layout.x, row.x), row: joined(row.column, row.row) }));
    return {
      template: "performance below",
      rows: { figures: rows },
      words: {
        ...words,
        row: words.column.flatMap((column) => words.row.map((row) => joined(column, row))),
        column: words.x.map((x) => panelTitle(found.layout.x, x)),
      },
      fit: fitPanels,
      axis: 150,
      height: 17 * found.methods.length,
    };
  },

  nested_loop() {
    const found = pickedFigures();
    const apart = found.methods.length > content.most.lines;
    const lines = together(found.conditions).map((names) => nestedLine(found.conditions, names));
    const order = [...found.conditions].sort(
      (a, b) => lines.map((line) => line.rank.get(a) - line.rank.get(b)).find(Boolean) ?? 0,
    );
    const place = new Map(order.map((condition, i) => [condition.key, i]));
    const words = (condition) => lines.map((line) => panelTitle(line.name, line.text.get(condition))).join(", ");
    const levels = new Map(order.map((condition) => [condition.key, words(condition)]));
    const rows = found.rows.map((row) => ({
      ...row,
      start: place.get(row.condition),
      end: place.get(row.condition) + 1,
      levels: levels.get(row.condition),
    }));
    return {
      template: apart ? "nested_loop below" : "nested_loop",
      rows: {
        figures: [...rows, ...nestedGaps(rows, found.methods, order.length)].sort((a, b) => a.start - b.start),
        levels: lines.flatMap((line) => nestedRuns(line, order)),
      },
      words: {
        ...marks(found.methods),
        level: lines.flatMap((line) => [line.name + "\t", ...line.downwards.map((text) => `${line.name}\t${text}`)]),
        legend: apart ? [] : found.methods.slice(1),
        "x title": `${order.length} conditions`,
        "y title": titleOf(picks.measure, picks.estimand),
      },
      fit: fitNested,
    };
  },

  heat_map() {
    const found = pickedFigures();
    const { layout, conditions } = found;
    const below = [layout.row, ...layout.rest].filter(Boolean);
    const texts = combined(conditions, below);
    const rows = found.rows.map((row) => ({
      ...row,
      y: below.length ? texts.get(row.condition) : row.method,
      panel: below.length && found.methods.length > 1 ? row.method : "",
      off: row.band_lower !== null && !(row.band_lower <= row.value && row.value <= row.band_upper),
    }));
    const words = {
      ...levelWords(found),
      ...heatColours(rows),
      y: below.length ? [...new Set(texts.values())] : found.methods,
      panel: below.length && found.methods.length > 1 ? found.methods : [""],
      "title title": titleOf(picks.measure, picks.estimand),
      "y title": below.join(", "),
      "note title": heatNote(rows),
    };
    const says =
      tooMany("cells beside each other", words.x.length * words.column.length, content.most.across) ||
      tooMany("cells below each other", words.y.length * words.panel.length, content.most.down);
    return { template: "heat_map", rows: { figures: rows }, words, fit: fitCells, says };
  },

  lollipop() {
    const measures = content.most.measures.filter((measure) => content.measures.includes(measure));
    const found = pickedFigures(measures);
    const names = telling(found.conditions, []);
    const words = new Map(
      found.conditions.map((c) => [c.key, names.map((factor) => panelTitle(factor, levelOf(c, factor))).join(", ")]),
    );
    const single = found.methods.length === 1;
    const titles = measures.filter((m) => found.rows.some((row) => row.measure === m)).map((m) => content.titles[m]);
    const rows = found.rows.map((row) => {
      const levels = words.get(row.condition);
      return { ...row, levels, title: content.titles[row.measure], y: `${row.condition}\t${single ? levels : row.method}` };
    });
    const heads =
      single || words.size === 1 ? [] : [...words].map(([key, head]) => ({ condition: key, head, title: titles[0], y: `${key}\t` }));
    const y = found.conditions.flatMap(({ key }) => [...heads, ...rows].filter((row) => row.condition === key).map((row) => row.y));
    const order = [...new Set(y)];
    const title = heads.length || single ? "" : [...words.values()][0];
    return {
      template: "lollipop",
      rows: { figures: [...heads, ...rows] },
      words: { y: order, measure: titles, "title title": joined(`estimand ${picks.estimand}`, title) },
      fit: fitMeasures,
      says: tooMany("rows", order.length, content.most.rows),
    };
  },
};

// What the code for paper has drawn up already, for the picks that it depends on.
function ready(chart) {
  const drawing = content.ready[chart.kind][chart.by.map((name) => picks[name]).join("\n")];
  if (drawing && !drawing.says) return ofPicked(drawnUp(drawing));
  return drawing ?? { says: "There is nothing to draw: what is picked does not exist together." };
}

function drawnUp(drawing) {
  if (drawing.says) return { says: drawing.says };
  const words = wordsOf(drawing);
  const rows = Object.fromEntries(Object.entries(drawing.data).map(([name, tables]) => [name, unpacked(tables)]));
  return { template: drawing.template, rows, words, fit: fitReady, drawing };
}

// Without the methods that are not picked: their rows, their marks, and the panels that bear their names.
function ofPicked({ words, rows, ...rest }) {
  const isLeftOut = (name) => content.methods.includes(name) && !picks.methods.has(name);
  const kept = { ...words };
  if (words.method) {
    const at = words.method.flatMap((method, i) => (isLeftOut(method) ? [] : [i]));
    for (const mark of ["method", "colour", "shape", "dash"]) kept[mark] = at.map((i) => words[mark][i]);
    kept.legend = kept.method.slice(1);
  }
  const places = ["panel", "row", "column"];
  for (const place of places) if (kept[place]) kept[place] = kept[place].filter((title) => !isLeftOut(title));
  const shown = (row) => !["method", ...places].some((place) => isLeftOut(row[place]));
  const filtered = Object.entries(rows).map(([name, list]) => [name, list.filter(shown)]);
  return { ...rest, words: kept, rows: Object.fromEntries(filtered) };
}

const chartOf = (kind) => content.charts.find((one) => one.kind === kind);
