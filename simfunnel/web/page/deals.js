// The open deals.
const quoted = (id) => (/[,\]"\\]/.test(id) ? '"' + id.replace(/["\\]/g, "\\$&") + '"' : id);
const rowsWanted = () => ({find: at("find").value, first: firstRow, count: ROWS});

async function loadRows() {
  try { showRows(await post("deals", rowsWanted())); } catch (error) { failed(error); }
}

function showRows(found) {
  const body = at("rows").tBodies[0];
  const before = new Map([...body.rows].map((row) => [row.dataset.id, row]));
  const rows = found.rows.map((deal) => before.get(deal.id) ?? dealRow(deal));
  rows.forEach((row, i) => row.show(found.rows[i]));
  // rows that stay are left in place: somebody may be typing in one
  if (rows.length !== body.rows.length || rows.some((row, i) => row !== body.rows[i])) body.replaceChildren(...rows);
  const fields = {first: firstRow + 1, last: firstRow + found.rows.length, n: found.found};
  at("rows-told").textContent = found.rows.length ? fill(words.shown, fields) : words.none_found;
  at("earlier").disabled = firstRow === 0;
  at("later").disabled = firstRow + ROWS >= found.found;
}

function dealRow(deal) {
  const row = document.createElement("tr");
  const of = (name) => `${name}[deal=${quoted(deal.id)}]`;
  row.dataset.id = deal.id;
  const cell = (text, look) => {
    const made = document.createElement("td"), inside = document.createElement("bdi");
    inside.textContent = text;
    made.append(inside);
    made.className = look;
    row.append(made);
    return made;
  };
  const field = (type, given, path, label) => {
    const made = document.createElement("input"), place = document.createElement("td");
    Object.assign(made, {type, min: type === "date" ? offered.as_of : 0, step: "any"});
    made.setAttribute("aria-label", `${label}: ${deal.name}`);
    made.addEventListener("change", () => {
      if (!made.checkValidity()) return;  // such as a year of which one digit is there
      const value = type === "number" ? made.valueAsNumber : made.value;
      setShift(path, "set", made.value === "" || value === given ? null : value);
      moved();
    });
    place.append(made);
    row.append(place);
    return () => {
      if (made !== document.activeElement) made.value = shiftOf(path)?.set ?? given;
      made.classList.toggle("moved", shiftOf(path) !== undefined);
    };
  };
  cell(deal.account ? `${deal.name} · ${deal.account}` : deal.name, "text");
  cell(deal.owner, "text");
  cell(deal.stage, "text");
  const chance = cell("", "").firstChild;
  const fields = [field("number", deal.amount, of("amount"), words.amount), field("date", "", of("not_before"), words.not_before)];
  const acts = cell("", "text");
  const choices = [["win_rate", 1, words.won], ["win_rate", 0, words.lost], ["ignore", true, words.ignored]];
  const chosen = ([name, value]) => shiftOf(of(name))?.set === value;
  const press = () => choices.forEach((one, i) => acts.querySelectorAll("button")[i].setAttribute("aria-pressed", String(chosen(one))));
  for (const one of choices) {
    acts.append(button(one[2], () => {
      const was = chosen(one);
      setShift(of("win_rate"), "set", null);
      setShift(of("ignore"), "set", null);
      if (!was) setShift(of(one[0]), "set", one[1]);
      press();
      moved();
    }, `${one[2]}: ${deal.name}`));
  }
  const labels = [words.deal, words.owner, words.stage, words.chance, words.amount, words.not_before, words.what_if];
  [...row.cells].forEach((one, i) => { one.dataset.label = labels[i]; });  // of a card, where the window is narrow
  row.show = (now) => {
    const changed = now.p_win_told !== now.p_win_before_told;
    chance.textContent = changed ? `${now.p_win_before_told} → ${now.p_win_told || "–"}` : now.p_win_told;
    fields.forEach((put) => put());
    press();
  };
  return row;
}
