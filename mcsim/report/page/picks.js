// What the reader has picked. Factors go where they are put; the others as the study's own charts place them.
const picks = { chart: "", measure: "", estimand: "", methods: new Set(content.methods), place: {}, hold: {}, condition: "" };
const PLACES = ["x", "row", "column"];

// Conditions that have a figure of the picked estimand, and the levels at which factors are held. On a page of means a
// condition is one level of one factor, and those of one factor are picked.
function pickedConditions({ held = true } = {}) {
  if (content.means) {
    const factor = picks.place.x || Object.keys(content.factors)[0];
    return content.conditions.filter((condition) => condition.levels[factor] !== undefined);
  }
  const there = conditionsWith(picks.estimand);
  return content.conditions.filter(
    (condition) =>
      there.has(condition) &&
      (!held || Object.entries(picks.hold).every(([factor, level]) => !level || levelOf(condition, factor) === level)),
  );
}

const conditionsWith = (() => {
  const found = Object.fromEntries(content.estimands.map((estimand) => [estimand, new Set()]));
  for (const row of figures) found[row.estimand].add(row.condition);
  return (estimand) => found[estimand];
})();

// Where factors stand: as picked, else the one with the most levels on x, then columns and rows, as on paper.
function layoutOf(conditions) {
  const varying = content.means ? Object.keys(content.factors) : varyingFactors(conditions);
  if (content.means) return { x: picks.place.x || varying[0], row: "", column: "", rest: [], varying };
  const layout = {};
  for (const place of PLACES) layout[place] = varying.includes(picks.place[place]) ? picks.place[place] : "";
  const placed = () => PLACES.map((place) => layout[place]).filter(Boolean);
  const free = () => undetermined(conditions, varying, placed());
  if (!layout.x) {
    const rank = (factor) => 1000 * content.numeric.includes(factor) + levelsAmong(conditions, factor).length;
    layout.x = free().reduce((best, factor) => (!best || rank(factor) > rank(best) ? factor : best), "");
  }
  for (const place of ["column", "row"]) {
    if (!layout[place] && picks.place[place] !== "none") layout[place] = free()[0] ?? "";
  }
  return { ...layout, rest: free(), varying };
}

// The row with its places on the chart, as texts.
function placed(row, layout) {
  const text = (place) => (layout[place] ? levelOf(row.condition, layout[place]) : "");
  return {
    ...row,
    condition: row.condition.key,
    x: text("x"),
    row: panelTitle(layout.row, text("row")),
    column: panelTitle(layout.column, text("column")),
    rest: layout.rest.map((factor) => panelTitle(factor, levelOf(row.condition, factor))).join(", "),
  };
}

function option(value, text = value) {
  const element = document.createElement("option");
  element.value = value;
  element.textContent = text;
  return element;
}

// The form above the charts. `changed` is called after every change.
class Picker {
  constructor(form, changed) {
    this.form = form;
    this.changed = changed;
    form.addEventListener("submit", (event) => event.preventDefault());
    form.addEventListener("change", (event) => this.take(event.target));
    this.fill();
    this.restore();
    this.refresh();
  }

  field(name) {
    return this.form.elements[name];
  }

  fill() {
    for (const chart of content.charts) this.field("chart").append(option(chart.kind, chart.title));
    for (const measure of content.measures) this.field("measure").append(option(measure, content.titles[measure]));
    for (const estimand of content.estimands) this.field("estimand").append(option(estimand));
    const box = this.form.querySelector("[data-methods]");
    for (const method of content.methods) {
      const label = document.createElement("label");
      const input = document.createElement("input");
      Object.assign(input, { type: "checkbox", name: "method", value: method, checked: true });
      label.append(input, method);
      box.append(label);
    }
    box.closest("fieldset").hidden = content.methods.length < 2;
    const hold = this.form.querySelector("[data-hold]");
    for (const factor of Object.keys(content.factors)) {
      const label = document.createElement("label");
      const select = document.createElement("select");
      select.name = "hold";
      select.dataset.factor = factor;
      label.append(factor, select);
      hold.append(label);
    }
    Object.assign(picks, { chart: content.charts[0].kind, measure: content.defaults.measure, estimand: content.defaults.estimand });
  }

  // What the address says, so that a view can be kept and handed on.
  restore() {
    for (const [name, value] of new URLSearchParams(location.hash.replace(/^#view&?/, ""))) {
      if (PLACES.includes(name)) picks.place[name] = value;
      else if (name.startsWith("only:")) picks.hold[name.slice(5)] = value;
      else if (name === "methods") picks.methods = new Set(content.methods.filter((_, i) => value.split(",").includes(String(i))));
      else if (["chart", "measure", "estimand"].includes(name) && [...this.field(name).options].some((o) => o.value === value)) {
        picks[name] = value;
      }
    }
  }

  keep() {
    const words = new URLSearchParams({ chart: picks.chart, measure: picks.measure, estimand: picks.estimand });
    for (const place of PLACES) if (picks.place[place]) words.set(place, picks.place[place]);
    for (const [factor, level] of Object.entries(picks.hold)) if (level) words.set(`only:${factor}`, level);
    if (picks.methods.size < content.methods.length) {
      words.set("methods", content.methods.flatMap((method, i) => (picks.methods.has(method) ? [i] : [])).join(","));
    }
    history.replaceState(null, "", `#view&${words}`);
  }

  take(field) {
    if (field.name === "method") {
      if (field.checked) picks.methods.add(field.value);
      else picks.methods.delete(field.value);
    } else if (field.name === "hold") picks.hold[field.dataset.factor] = field.value;
    else if (PLACES.includes(field.name)) this.put(field.name, field.value);
    else picks[field.name] = field.value;
    this.refresh();
    this.keep();
    this.changed();
  }

  // A factor can stand in one place: the one that stood there changes places with it.
  put(place, factor) {
    const before = layoutOf(pickedConditions());
    for (const other of PLACES) if (other !== place && before[other] === factor) picks.place[other] = before[place];
    picks.place[place] = factor;
  }

  // Every field shows what holds now, and offers what there is.
  refresh() {
    const layout = layoutOf(pickedConditions());
    const all = pickedConditions({ held: false });
    const chart = content.charts.find((one) => one.kind === picks.chart);
    for (const name of ["chart", "measure", "estimand"]) this.field(name).value = picks[name];
    for (const place of PLACES) {
      const field = this.field(place);
      field.replaceChildren(...(place === "x" ? [] : [option("none", "nothing")]), ...layout.varying.map((f) => option(f)));
      field.value = layout[place] || "none";
      field.parentElement.hidden = !chart.picks.includes(place) || !layout.varying.length;
    }
    for (const input of this.form.querySelectorAll("[name=method]")) input.checked = picks.methods.has(input.value);
    for (const field of this.form.querySelectorAll("[name=hold]")) {
      const levels = levelsAmong(all, field.dataset.factor);
      field.replaceChildren(option("", "all"), ...levels.map((level) => option(level)));
      if (!levels.includes(picks.hold[field.dataset.factor])) picks.hold[field.dataset.factor] = "";
      field.value = picks.hold[field.dataset.factor];
      field.parentElement.hidden = levels.length < 2;
    }
    const holds = this.form.querySelector("[data-hold]");
    holds.closest("details").hidden = [...holds.children].every((label) => label.hidden);
    for (const name of ["measure", "estimand"]) this.field(name).parentElement.hidden = !chart.picks.includes(name);
  }
}
