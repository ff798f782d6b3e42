// The tables of the report, unpacked: JSON, compressed, in base64.
const zipped = new Blob([bytes(document.getElementById("content").textContent)]);
const content = await new Response(zipped.stream().pipeThrough(new DecompressionStream("gzip"))).json();

// A figure's interval is the value and its standard errors on both sides, unless it has limits of its own; so is the
// band around its reference.
const figures = (() => {
  const { length, words, numbers, limits, bands } = content.figures;
  const byKey = new Map(content.conditions.map((condition) => [condition.key, condition]));
  const of = Object.fromEntries(Object.entries(words).map(([name, column]) => [name, unpackedColumn(column, length)]));
  return Array.from({ length }, (_, i) => {
    const row = Object.fromEntries(Object.entries(of).map(([name, values]) => [name, values[i]]));
    for (const name of Object.keys(numbers)) row[name] = numbers[name][i];
    const around = (middle) => (middle === null || row.mcse === null ? [null, null] : [-1, 1].map((side) => middle + side * content.z * row.mcse));
    [row.lower, row.upper] = limits[i] ?? around(row.value);
    [row.band_lower, row.band_upper] = bands[row.band] ?? around(row.reference);
    row.condition = byKey.get(row.condition);
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

function bytes(text) {
  return Uint8Array.from(atob(text), (character) => character.charCodeAt(0));
}

// A column of words by their places, or of numbers between the least and the largest; 65535 is none.
function unpackedColumn(column, length) {
  if (column.at) return Array.from(bytes(column.at), (place) => column.words[place]);
  if (column.at2) return Array.from(new Uint16Array(bytes(column.at2).buffer), (place) => column.words[place]);
  if (column.words) return Array(length).fill(column.words[0]);
  const step = (column.upper - column.lower) / 65534;
  const codes = new Uint16Array(bytes(column.data).buffer);
  return Array.from(codes, (code) => (code === 65535 ? null : column.lower + step * code));
}

function unpacked(tables) {
  return tables.flatMap(({ length, columns }) => {
    const unpacked = Object.entries(columns).map(([name, column]) => [name, unpackedColumn(column, length)]);
    return Array.from({ length }, (_, i) => Object.fromEntries(unpacked.map(([name, values]) => [name, values[i]])));
  });
}
