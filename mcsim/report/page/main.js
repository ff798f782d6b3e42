// The page: every change of the picks draws the chart and the table anew.
const target = document.querySelector("[data-chart]");
const caption = document.querySelector("[data-caption]");
const table = new FiguresTable(document.querySelector("[data-table]"));
const everything = document.querySelector("[data-everything]");

function show() {
  drawChart(target, caption);
  document.querySelector("[data-command]").textContent = commandOf();
  const conditions = new Set(pickedConditions({ held: true }));
  table.show(
    everything.checked
      ? figures
      : figures.filter(
          (row) =>
            row.measure === picks.measure &&
            row.estimand === picks.estimand &&
            picks.methods.has(row.method) &&
            conditions.has(row.condition),
        ),
  );
}

function showMissingness() {
  embed(document.querySelector("[data-missingness]"), drawnUp(content.missingness), "Missingness");
}

new Picker(document.querySelector("form.picks"), show);
everything.addEventListener("change", show);
let width = target.clientWidth;
new ResizeObserver(() => {
  if (Math.abs(target.clientWidth - width) > 8) {
    width = target.clientWidth;
    drawChart(target, caption);
    showMissingness();
  }
}).observe(target);
showMissingness();
show();
