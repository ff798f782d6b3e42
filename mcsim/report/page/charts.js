// Charts: each kind has a specification, made by the code that draws it on paper, in which words and lists are left open.
const OPEN = /^⟦(.+)⟧$/;

function fill(part, words) {
  if (typeof part === "string") {
    const whole = part.match(OPEN);
    return whole ? words[whole[1]] : part.replace(/⟦(.+?)⟧/g, (_, name) => words[name]);
  }
  if (Array.isArray(part)) {
    const list = typeof part[0] === "string" && part[0].match(OPEN);
    return list && Array.isArray(words[list[1]]) ? words[list[1]] : part.map((one) => fill(one, words));
  }
  if (part && typeof part === "object") {
    return Object.fromEntries(Object.entries(part).map(([key, value]) => [key, fill(value, words)]));
  }
  return part;
}

// How methods are marked: as on paper, by their place in the study.
function marks(methods) {
  const at = methods.map((method) => content.methods.indexOf(method));
  const mark = (name) => at.map((place) => content.marks[name][place]);
  return { method: methods, colour: at.map((place) => `var(--c${place % content.marks.colours})`), shape: mark("shape"), dash: mark("dash"), legend: methods.slice(1) };
}

const NARROW = 230;

// Panels as wide as the page allows; where they would be too narrow they stand below each other.
function sized(spec, words, width) {
  const count = { row: words.row.length, column: words.column.length };
  const axis = words.labels ?? 70;
  const inner = (panels) => Math.floor((width - axis - 12 * (panels - 1) - (count.row > 1 ? 24 : 0)) / panels);
  if (!spec.facet) return { ...spec, width: inner(1) };
  const facet = { ...spec.facet };
  if (count.row < 2) delete facet.row;
  if (count.column < 2) delete facet.column;
  if (!facet.row && !facet.column) {
    const { facet: _, spec: only, ...rest } = spec;
    return { ...rest, ...only, width: inner(1) };
  }
  if (count.column > 1 && inner(count.column) < NARROW * 0.6) {
    const across = Math.max(1, Math.floor((width - axis) / NARROW));
    const panel = { field: "panel", type: "nominal", title: null, sort: words.panel, header: { labelFontSize: 10.5 } };
    return { ...spec, facet: panel, columns: across, spec: { ...spec.spec, width: inner(across) } };
  }
  return { ...spec, facet, spec: { ...spec.spec, width: inner(count.column) } };
}

function panelsOf(rows, words) {
  const title = (row, column) => [column, row].filter(Boolean).join(", ");
  words.panel = words.row.flatMap((row) => words.column.map((column) => title(row, column)));
  return rows.map((row) => ({ ...row, panel: title(row.row, row.column) }));
}
