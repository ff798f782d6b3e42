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

async function embed(target, made, title) {
  const nothing = made.rows && !Object.values(made.rows)[0].length;
  const says = made.says || (nothing && "There is no such figure: what is picked does not exist together.");
  if (says) {
    target.textContent = says;
    return null;
  }
  const width = target.clientWidth;
  const spec = made.fit(fill(content.templates[made.template], made.words), { ...made, width });
  if (made.height) (spec.spec ?? spec).height = made.height;
  spec.datasets = made.rows;
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
  for (const place of PLACES) {
    if (chart.picks.includes(place) && picks.place[place] && picks.place[place] !== "none") add(place, picks.place[place]);
  }
  const held = chart.picks.includes("condition") ? heldBy(conditionPicked()) : picks.hold;
  add("where", ...Object.entries(held).filter(([, level]) => level).map(([factor, level]) => `${factor}=${level}`));
  if (chart.picks.includes("methods") && picks.methods.size < content.methods.length) {
    add("method", ...content.methods.filter((method) => picks.methods.has(method)));
  }
  words.push(...content.command.slice(1), "--out", `${picks.chart}.pdf`);
  return words.map((word) => (/^[\w.,:=/@%+-]+$/.test(word) ? word : `'${word.replaceAll("'", `'"'"'`)}'`)).join(" ");
}
