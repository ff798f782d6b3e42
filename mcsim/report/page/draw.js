// Drawing what is picked; what cannot be drawn is said in its place.
let drawing = 0;
let drawn = null;

async function drawChart(target, caption) {
  const mine = ++drawing;
  const chart = chartOf(picks.chart);
  caption.textContent = chart.caption;
  const title = `${chart.title}, ${chart.picks.includes("measure") ? titleOf(picks.measure, picks.estimand) : picks.estimand}`;
  const result = await embed(target, chart.by ? ready(chart) : KINDS[chart.kind](), title);
  if (mine !== drawing) return result?.finalize(); // another was picked meanwhile
  drawn?.finalize();
  drawn = result;
  target.dataset.drawn = picks.chart;
}

// Without the layers of what no row has: a measure that has no reference has no band.
function withoutEmpty(spec, rows) {
  const all = Object.values(rows).flat();
  const there = new Set();
  for (const row of all) for (const [name, value] of Object.entries(row)) if (value !== null) there.add(name);
  const absent = new Set(all.flatMap((row) => Object.keys(row)).filter((name) => !there.has(name)));
  const shown = (layer) => !Object.values(layer.encoding ?? {}).some((channel) => absent.has(channel.field));
  const walk = (part) => {
    if (!part || typeof part !== "object") return part;
    if (Array.isArray(part)) return part.map(walk);
    const walked = Object.fromEntries(Object.entries(part).map(([name, value]) => [name, walk(value)]));
    return walked.layer ? { ...walked, layer: walked.layer.filter(shown) } : walked;
  };
  return walk(spec);
}

async function embed(target, made, title) {
  const nothing = made.rows && !Object.values(made.rows)[0].length;
  const says = made.says || (nothing && "There is no such figure: what is picked does not exist together.");
  if (says) {
    target.textContent = says;
    return null;
  }
  const width = target.clientWidth;
  const whole = withoutEmpty(fill(content.templates[made.template], made.words), made.rows);
  const spec = made.fit(whole, { ...made, width });
  if (made.height) (spec.spec ?? spec).height = made.height;
  spec.datasets = made.rows;
  target.drawnRows = made.rows; // for whoever looks at the page from outside: the tests
  spec.description = title;
  return vegaEmbed(target, spec, { actions: false, renderer: "svg" });
}

// The command that draws the same for print.
function commandOf() {
  const chart = chartOf(picks.chart);
  const words = ["mcsim", "chart", content.command[0], picks.chart];
  const add = (name, ...values) => values.length && words.push(`--${name}`, ...values);
  if (chart.picks.includes("measure")) add("measure", picks.measure);
  if (chart.picks.includes("estimand")) add("estimand", picks.estimand);
  const { layout } = pickedFigures();
  for (const place of PLACES) {
    if (chart.picks.includes(place) && layout[place] && layout[place] === picks.place[place]) add(place, layout[place]);
  }
  const held = chart.picks.includes("condition") ? heldBy(conditionPicked()) : chart.picks.includes("hold") ? picks.hold : {};
  add("where", ...Object.entries(held).filter(([, level]) => level).map(([factor, level]) => `${factor}=${level}`));
  if (chart.picks.includes("methods") && picks.methods.size < content.methods.length) {
    add("method", ...content.methods.filter((method) => picks.methods.has(method)));
  }
  words.push(...content.command.slice(1), "--out", `${picks.chart}.pdf`);
  return words.map((word) => (/^[\w.,:=/@%+-]+$/.test(word) ? word : `'${word.replaceAll("'", `'"'"'`)}'`)).join(" ");
}
