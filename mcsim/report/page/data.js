// The tables of the report. Figures come as columns; words in them are places in lists.
const content = JSON.parse(document.getElementById("content").textContent);

const figures = (() => {
  const columns = content.figures;
  const names = Object.keys(columns);
  return columns.condition.map((_, i) => {
    const row = Object.fromEntries(names.map((name) => [name, columns[name][i]]));
    row.condition = content.conditions[row.condition];
    for (const word of ["method", "estimand", "measure"]) row[word] = content[word + "s"][row[word]];
    return row;
  });
})();

// The text of a condition's level of a factor.
function levelOf(condition, factor) {
  return content.factors[factor][condition.levels[factor]] ?? "all";
}

function panelTitle(factor, level) {
  return factor ? `${factor} = ${level}` : "";
}

// The levels of a factor among conditions, in the order of the study.
function levelsAmong(conditions, factor) {
  const there = new Set(conditions.map((condition) => levelOf(condition, factor)));
  return content.factors[factor].filter((level) => there.has(level));
}

function varyingFactors(conditions) {
  return Object.keys(content.factors).filter((factor) => levelsAmong(conditions, factor).length > 1);
}

// The factors among `names` whose levels do not follow from those of the placed factors.
function undetermined(conditions, names, placed) {
  return names.filter((name) => {
    const seen = new Map();
    return conditions.some((condition) => {
      const place = JSON.stringify(placed.map((factor) => levelOf(condition, factor)));
      if (!seen.has(place)) seen.set(place, levelOf(condition, name));
      return seen.get(place) !== levelOf(condition, name);
    });
  });
}

// Whole numbers of 16 bits, from base64.
function codes(text) {
  return new Uint16Array(Uint8Array.from(atob(text), (character) => character.charCodeAt(0)).buffer);
}

// A column of words by their places, or of numbers between the least and the largest; 65535 is none.
function unpackedColumn(column) {
  if (column.words) return Array.from(codes(column.at), (place) => column.words[place]);
  const step = (column.upper - column.lower) / 65534;
  return Array.from(codes(column.data), (code) => (code === 65535 ? null : column.lower + step * code));
}

function unpacked(table) {
  const columns = Object.entries(table.columns).map(([name, column]) => [name, unpackedColumn(column)]);
  return Array.from({ length: table.length }, (_, i) => Object.fromEntries(columns.map(([name, values]) => [name, values[i]])));
}
