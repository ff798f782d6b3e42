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
    const filled = Object.fromEntries(Object.entries(part).map(([key, value]) => [key, fill(value, words)]));
    // One method needs no legend.
    if ("legend" in filled && words.legend && !words.legend.length) filled.legend = null;
    return filled;
  }
  return part;
}

// The words and lists of a drawing, by the names that a specification has for them.
function wordsOf(drawing) {
  const titles = Object.entries(drawing.titles).map(([name, title]) => [`${name} title`, title]);
  return { ...Object.fromEntries(titles), ...drawing.orders };
}

// How methods are marked: as on paper, by their place in the study.
function marks(methods) {
  const at = methods.map((method) => content.methods.indexOf(method));
  const mark = (name) => at.map((place) => content.marks[name][place]);
  return { method: methods, colour: mark("colour"), shape: mark("shape"), dash: mark("dash"), legend: methods.slice(1) };
}

const NARROWEST = 200;
const SPACING = 14;

// Panels as wide as the page allows; where they would be too narrow they stand below each other.
function fitPanels(spec, { words, width, axis = 70 }) {
  const [rows, columns] = [words.row.length, words.column.length];
  const inner = (panels) => Math.floor((width - axis - SPACING * (panels - 1)) / panels);
  if (!spec.facet) return { ...spec, width: inner(1) };
  if (rows < 2 && columns < 2) {
    const { facet: _, spec: only, ...rest } = spec;
    return { ...rest, ...only, width: inner(1) };
  }
  const facet = { ...spec.facet };
  if (rows < 2) delete facet.row;
  if (columns < 2) delete facet.column;
  if (columns > 1 && inner(columns) < 0.6 * NARROWEST) {
    const across = Math.max(1, Math.floor((width - axis) / NARROWEST));
    const panels = words.row.flatMap((row) => words.column.map((column) => joined(column, row)));
    return {
      ...spec,
      transform: [{ calculate: "datum.column + (datum.column && datum.row ? ', ' : '') + datum.row", as: "panel" }],
      facet: { field: "panel", type: "nominal", title: null, sort: panels },
      columns: across,
      spec: { ...spec.spec, width: inner(across) },
    };
  }
  return { ...spec, facet, spec: { ...spec.spec, width: inner(columns) - (rows > 1 ? 24 : 0) } };
}

const joined = (...titles) => titles.filter(Boolean).join(", ");
