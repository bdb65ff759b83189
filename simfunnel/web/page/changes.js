// The list of changes, and its history.
function showChanges() {
  const list = at("changes");
  const before = new Map([...list.children].map((row) => [row.dataset.path, row]));
  const rows = state.shifts.map(({path}) => before.get(path) ?? changeRow(path));
  for (const row of rows) {
    const path = row.dataset.path, text = told.get(path) ?? (wrong ? path : "…");
    row.firstChild.textContent = text;
    row.lastChild.setAttribute("aria-label", `${words.remove}: ${text}`);
    row.classList.toggle("wrong", wrong.includes(`'${path}'`));
  }
  // rows that stay are left in place: a finger may be on one
  if (rows.length !== list.children.length || rows.some((row, i) => row !== list.children[i])) list.replaceChildren(...rows);
  at("no-changes").hidden = rows.length > 0;
}

function changeRow(path) {
  const row = document.createElement("li");
  row.dataset.path = path;
  row.append(document.createElement("bdi"), button("×", () => {
    const next = row.nextElementSibling ?? row.previousElementSibling;
    setShift(path, "", null);
    moved();
    (next?.lastChild ?? at("undo")).focus();
  }));
  return row;
}

function moved() {
  commit();
  showControls();
  ask();
}

function showHistory() {
  at("undo").disabled = !past.length;
  at("redo").disabled = !future.length;
  at("not-saved").hidden = state.period === undefined && state.confidence === undefined;
  at("reset").disabled = committed === '{"shifts":[]}';
}
