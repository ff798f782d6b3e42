// The parts of nested loop plot, heat map and lollipop chart that the rows of figures do not hold.

// The factors that vary; those that never vary without each other are one entry.
function together(conditions) {
  const found = new Map();
  for (const factor of varyingFactors(conditions)) {
    const seen = new Map();
    const pattern = conditions.map((condition) => {
      const level = levelOf(condition, factor);
      if (!seen.has(level)) seen.set(level, seen.size);
      return seen.get(level);
    });
    found.set(String(pattern), [...(found.get(String(pattern)) ?? []), factor]);
  }
  return [...found.values()];
}

function nestedLine(conditions, names) {
  const texts = new Map();
  const order = levelsAmong(conditions, names[0]);
  const sorted = [...conditions].sort((a, b) => order.indexOf(levelOf(a, names[0])) - order.indexOf(levelOf(b, names[0])));
  for (const condition of sorted) {
    texts.set(condition, [...new Set(names.map((factor) => levelOf(condition, factor)))].join(" / "));
  }
  const levels = [...new Set(texts.values())];
  const downwards = [...levels].reverse().sort((a, b) => (a === "-") - (b === "-"));
  const rank = new Map(conditions.map((condition) => [condition, levels.indexOf(texts.get(condition))]));
  return { name: names.join(", "), text: texts, rank, downwards };
}

// A row without a value wherever a method has no figure, so that its line does not go on across.
function nestedGaps(rows, methods, count) {
  const there = new Set(rows.map((row) => `${row.start} ${row.method}`));
  const places = Array.from({ length: count }, (_, start) => start);
  return methods.flatMap((method) =>
    places
      .filter((start) => !there.has(`${start} ${method}`))
      .map((start) => ({ method, value: null, start, end: start + 1 })),
  );
}

// The stretches of conditions with one level, from left to right.
function nestedRuns(line, order) {
  const runs = [];
  order.forEach((condition, place) => {
    const level = `${line.name}\t${line.text.get(condition)}`;
    const last = runs.at(-1);
    if (last?.level === level) last.end = place + 1;
    else runs.push({ factor: line.name, level, start: place, end: place + 1 });
  });
  return runs;
}

function fitNested(spec, { words, width }) {
  const longest = Math.max(...words.level.map((text) => text.split("\t").find(Boolean).length));
  const inner = Math.max(160, width - Math.min(230, 24 + 6 * longest));
  const [steps, levels] = spec.vconcat;
  const wide = steps.spec ? { ...steps, spec: { ...steps.spec, width: inner } } : { ...steps, width: inner };
  return { ...spec, vconcat: [wide, { ...levels, width: inner }] };
}

// The levels of some factors as one text, in the order of their levels.
function combined(conditions, names) {
  const sorted = [...conditions].sort((a, b) => names.map((name) => a.levels[name] - b.levels[name]).find(Boolean) ?? 0);
  return new Map(sorted.map((condition) => [condition.key, names.map((name) => levelOf(condition, name)).join(", ")]));
}

function references(rows) {
  return [...new Set(rows.map((row) => row.reference))];
}

function heatColours(rows) {
  const values = rows.map((row) => row.value);
  const [middle, ...others] = references(rows);
  const { below, at, above } = content.heat;
  if (middle !== null && middle !== undefined && !others.length) {
    const reach = Math.max(...values.map((value) => Math.abs(value - middle))) || 1;
    return { domain: [middle - reach, middle, middle + reach], range: [below, at, above] };
  }
  const [lowest, highest] = [Math.min(...values), Math.max(...values)];
  return { domain: [lowest, highest > lowest ? highest : lowest + 1], range: [at, above] };
}

function heatNote(rows) {
  const known = references(rows).filter((value) => value !== null);
  if (!known.length) return "in parentheses: Monte Carlo standard error";
  if (references(rows).length === 1) return `white: ${+known[0].toPrecision(6)}; bold: outside its 95 % Monte Carlo band`;
  return `bold: outside the 95 % Monte Carlo band of the value wished for, ${known.sort((a, b) => a - b).map((one) => +one.toPrecision(6)).join(" or ")}`;
}

function fitCells(spec, { words, width }) {
  const cells = words.x.length * words.column.length;
  const longest = Math.max(...words.y.map((text) => text.length));
  const step = Math.max(50, Math.min(110, Math.floor((width - 40 - 6 * longest - 20 * words.column.length) / cells)));
  const facet = { ...spec.facet };
  if (words.column.length < 2) delete facet.column;
  return { ...spec, facet, spec: { ...spec.spec, width: { step } } };
}

function fitMeasures(spec, { words, width }) {
  const longest = Math.min(40, Math.max(...words.y.map((text) => text.split("\t")[1].length)));
  const axis = 16 + 6.2 * longest;
  const across = [4, 2, 1].find((panels) => (width - axis) / panels > 120) ?? 1;
  const count = Math.min(across, words.measure.length);
  const inner = Math.floor((width - axis - 22 * (count - 1)) / count);
  if (count >= words.measure.length) return { ...spec, spec: { ...spec.spec, width: inner } };
  const { column, ...facet } = spec.facet;
  const { bounds: _, ...rest } = spec;
  return { ...rest, facet: { ...facet, ...column }, columns: count, spacing: { row: 44, column: 16 }, spec: { ...spec.spec, width: inner } };
}

// A drawing made for paper: its panels as wide as there is room for.
function fitReady(spec, { drawing, width }) {
  const { term, line, row, method, column } = drawing.orders;
  const columns = drawing.sizes.columns ?? Math.max(1, column?.length ?? 1);
  const beside = drawing.orders.panel?.length && !term ? [] : (term ?? line ?? row ?? method ?? []);
  const longest = Math.max(0, ...beside.map((text) => String(text).length));
  const axis = Math.min(250, 60 + 5 * longest);
  const across = Math.max(1, Math.min(columns, Math.floor((width - axis) / NARROWEST)));
  const inner = Math.max(120, Math.min(across === 1 ? 720 : 420, Math.floor((width - axis - SPACING * across) / across)));
  const fitted = { ...spec };
  if (fitted.columns) fitted.columns = across;
  if (fitted.spec) fitted.spec = { ...fitted.spec, width: inner };
  else if (!fitted.vconcat) fitted.width = inner;
  return fitted;
}
