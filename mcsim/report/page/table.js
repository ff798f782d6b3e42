// The table: sorted by a column's head, filtered by words, downloaded as CSV with every digit.
const ROWS_SHOWN = 30;

class FiguresTable {
  constructor(root) {
    this.root = root;
    this.sorted = { column: null, descending: false };
    this.filter = "";
    this.most = ROWS_SHOWN;
    root.querySelector("[data-filter]").addEventListener("input", (event) => {
      this.filter = event.target.value.toLowerCase();
      this.draw();
    });
    root.querySelector("[data-csv]").addEventListener("click", () => this.download());
    root.querySelector("[data-more]").addEventListener("click", () => {
      this.most = Infinity;
      this.draw();
    });
  }

  show(rows) {
    const conditions = [...new Set(rows.map((row) => row.condition))];
    const varying = varyingFactors(conditions);
    this.rows = rows;
    this.columns = [
      ...varying.map((factor) => ({
        title: factor,
        text: (row) => levelOf(row.condition, factor),
        order: (row) => row.condition.levels[factor],
        number: true,
      })),
      ...["method", "estimand", "measure"].filter((word) => new Set(rows.map((row) => row[word])).size > 1).map((word) => ({
        title: word,
        text: (row) => row[word],
        order: (row) => content[word + "s"].indexOf(row[word]),
      })),
      { title: "value (MCSE)", text: (row) => row.shown, order: (row) => row.value, number: true },
      { title: "n used", text: (row) => row.n_used.toLocaleString("en"), order: (row) => row.n_used, number: true },
      { title: "missing", text: (row) => row.missing, order: (row) => row.n_missing, number: true },
    ];
    this.most = ROWS_SHOWN;
    this.draw();
  }

  chosen() {
    const words = this.filter.split(/\s+/).filter(Boolean);
    const found = this.rows.filter((row) => {
      const text = this.columns.map((column) => column.text(row)).join(" ").toLowerCase();
      return words.every((word) => text.includes(word));
    });
    const column = this.columns.find((one) => one.title === this.sorted.column);
    if (!column) return found;
    const sign = this.sorted.descending ? -1 : 1;
    return found.sort((a, b) => {
      const [left, right] = [column.order(a), column.order(b)];
      if (left === null || right === null) return (left === null) - (right === null);
      return sign * (left - right);
    });
  }

  draw() {
    const rows = this.chosen();
    const table = this.root.querySelector("table");
    const head = document.createElement("tr");
    for (const column of this.columns) head.append(this.headCell(column));
    table.tHead.replaceChildren(head);
    table.tBodies[0].replaceChildren(...rows.slice(0, this.most).map((row) => this.bodyRow(row)));
    const shown = Math.min(rows.length, this.most);
    const all = `${rows.length.toLocaleString("en")} figure${rows.length === 1 ? "" : "s"}`;
    this.root.querySelector("[data-count]").textContent = shown < rows.length ? `${shown} of ${all}` : all;
    this.root.querySelector("[data-more]").hidden = shown === rows.length;
  }

  headCell(column) {
    const cell = document.createElement("th");
    const button = document.createElement("button");
    button.type = "button";
    button.textContent = column.title;
    cell.scope = "col";
    if (column.number) cell.className = "number";
    if (this.sorted.column === column.title) {
      cell.setAttribute("aria-sort", this.sorted.descending ? "descending" : "ascending");
    }
    button.addEventListener("click", () => {
      const again = this.sorted.column === column.title;
      this.sorted = { column: column.title, descending: again && !this.sorted.descending };
      this.draw();
      [...this.root.querySelectorAll("th button")].find((one) => one.textContent === column.title).focus();
    });
    cell.append(button);
    return cell;
  }

  bodyRow(row) {
    const line = document.createElement("tr");
    for (const column of this.columns) {
      const cell = line.insertCell();
      cell.textContent = column.text(row);
      if (column.number) cell.className = "number";
    }
    return line;
  }

  download() {
    const numbers = ["value", "mcse", "lower", "upper", "n_used", "n_missing"];
    const factors = Object.keys(content.factors);
    const lines = [["condition", ...factors, "method", "estimand", "measure", ...numbers]];
    for (const row of this.chosen()) {
      const levels = factors.map((factor) => levelOf(row.condition, factor));
      const figures = numbers.map((name) => row[name] ?? "");
      lines.push([row.condition.key, ...levels, row.method, row.estimand, row.measure, ...figures]);
    }
    const quoted = (cell) => (/[",\n]/.test(cell) ? `"${String(cell).replaceAll('"', '""')}"` : cell);
    const text = lines.map((line) => line.map(quoted).join(",")).join("\r\n") + "\r\n";
    const link = document.createElement("a");
    link.href = URL.createObjectURL(new Blob([text], { type: "text/csv" }));
    link.download = `${content.name}-performance.csv`;
    link.click();
    setTimeout(() => URL.revokeObjectURL(link.href), 1000);
  }
}
