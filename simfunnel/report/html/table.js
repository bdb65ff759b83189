"use strict";
for (const table of document.querySelectorAll("table.sortable")) {
  const body = table.tBodies[0];
  table.querySelectorAll("thead button").forEach((button, column) => {
    button.addEventListener("click", () => {
      const head = button.closest("th");
      const down = head.getAttribute("aria-sort") === "ascending" || (!head.hasAttribute("aria-sort") && head.dataset.kind === "number");
      for (const other of table.querySelectorAll("th[aria-sort]")) other.removeAttribute("aria-sort");
      head.setAttribute("aria-sort", down ? "descending" : "ascending");
      const of = (row) => row.cells[column];
      const rows = [...body.rows].sort((a, b) => {
        const x = of(a), y = of(b);
        if (head.dataset.kind === "number") {
          const missing = (x.dataset.order === undefined) - (y.dataset.order === undefined);
          return missing || (down ? -1 : 1) * ((x.dataset.order ?? 0) - (y.dataset.order ?? 0));
        }
        return (down ? -1 : 1) * x.textContent.trim().localeCompare(y.textContent.trim(), undefined, {numeric: true});
      });
      body.append(...rows);
    });
  });
}
for (const field of document.querySelectorAll(".search input")) {
  const table = document.getElementById(field.dataset.table);
  const told = document.getElementById(field.dataset.told);
  const place = () => {
    const wanted = field.value.trim().toLocaleLowerCase();
    let shown = 0;
    for (const row of table.tBodies[0].rows) {
      row.hidden = wanted !== "" && !row.textContent.toLocaleLowerCase().includes(wanted);
      shown += row.hidden ? 0 : 1;
    }
    told.textContent = wanted === "" ? "" : told.dataset.shown.replace("{n}", shown);
  };
  field.addEventListener("input", place);
}
const tell = () => {
  for (const box of document.querySelectorAll(".wide")) {
    const more = box.scrollWidth > box.clientWidth + 1;
    box.classList.toggle("more", more);
    if (more) box.dataset.more = document.body.dataset.more;
  }
};
addEventListener("resize", tell);
document.addEventListener("toggle", tell, true);
tell();
addEventListener("beforeprint", () => {
  for (const folded of document.querySelectorAll("details.print:not([open])")) folded.open = true;
});
