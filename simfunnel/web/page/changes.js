// The list of changes, and its history.
function showChanges() {
  const list = at("changes");
  const before = new Map([...list.children].map((row) => [row.dataset.path, row]));
  const aims = aimsTold();
  const paths = [...Object.keys(aims), ...state.shifts.map(({path}) => path)];
  const rows = paths.map((path) => before.get(path) ?? changeRow(path));
  for (const row of rows) {
    const path = row.dataset.path, text = aims[path] ?? told.get(path) ?? (wrong ? path : "…");
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
    if (path.startsWith("#")) set(path.slice(1), null);
    else setShift(path, "", null);
    moved();
    (next?.lastChild ?? at("undo")).focus();
  }));
  return row;
}

function aimsTold() {  // what is asked for beside the changes; no path begins so
  const found = {}, period = offered?.periods.find((one) => one.label === state.period);
  if (state.period !== undefined) found["#period"] = `${words.period}: ${period?.told ?? state.period}`;
  if (state.target !== undefined) {
    const target = amountOf(String(state.target));
    found["#target"] = `${words.target}: ${target === null ? state.target : amountTold(target)}`;
  }
  if (state.confidence !== undefined) found["#confidence"] = `${words.confidence}: ${percentTold(state.confidence)}`;
  return found;
}

const percentOf = (share) => (typeof share === "string" && share.includes("%") ? parseFloat(share) : Number((100 * share).toPrecision(12)));
const percentTold = (share) => percentOf(share) + (language === "zh" ? "%" : "\u00a0%");

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
