"use strict";
const at = (id) => document.getElementById(id);
const words = JSON.parse(at("words").textContent);
const token = new URLSearchParams(location.search).get("token") ?? "";
const language = document.documentElement.lang.startsWith("zh") ? "zh" : "en";
// no crypto.randomUUID: browsers have it for encrypted pages alone
const page = Array.from(crypto.getRandomValues(new Uint32Array(4)), (part) => part.toString(36)).join("");
const ROWS = 50, REST = 250, NEWS = 2000, MOVING = 20000, RESTING = 100000;
const fill = (text, fields) => text.replace(/\{(\w+)\}/g, (whole, name) => fields[name] ?? whole);
const copyOf = (value) => JSON.parse(JSON.stringify(value));

// --- what is asked -------------------------------------------------------------------------------------------------
let state = {shifts: []};
let past = [], future = [], committed = "";
let offered = null, version = 0, firstRow = 0, number = 0;

function fromLink() {
  const text = new URLSearchParams(location.hash.slice(1)).get("state");
  if (text === null) return {shifts: []};
  try {
    const found = JSON.parse(text), shifts = found.shifts ?? [];
    if (shifts.every((one) => typeof one.path === "string")) return {...found, shifts};
  } catch { /* said below */ }
  fault(words.bad_link);
  return {shifts: []};
}

function toLink() {
  const text = JSON.stringify(state);
  const hash = text === '{"shifts":[]}' ? "" : "#" + new URLSearchParams({state: text});
  history.replaceState(null, "", location.pathname + location.search + hash);
}

function commit() {
  const now = JSON.stringify(state);
  if (now === committed) return;
  if (at("fault").textContent === words.bad_link) fault("");
  past.push(committed);
  future = [];
  committed = now;
  toLink();
  showHistory();
}

function go(from, to) {
  if (!from.length) return;
  to.push(committed);
  committed = from.pop();
  state = JSON.parse(committed);
  toLink();
  showControls();
  showHistory();
  ask();
}

const shiftOf = (path) => state.shifts.find((one) => one.path === path);

function setShift(path, operation, value) {
  const place = state.shifts.findIndex((one) => one.path === path);
  if (value === null) state.shifts = state.shifts.filter((one) => one.path !== path);
  else if (place < 0) state.shifts = [...state.shifts, {path, [operation]: value}];
  else state.shifts = state.shifts.map((one, i) => (i === place ? {path, [operation]: value} : one));
}

function set(key, value) {
  state = {...state};
  if (value === null || value === "") delete state[key];
  else state[key] = value;
}

// --- the server ----------------------------------------------------------------------------------------------------
class Fault extends Error {
  constructor(status, message) { super(message); this.status = status; }
}

async function post(name, question, signal) {
  const body = JSON.stringify({language, page, number, state, ...question});
  for (;;) {
    const answer = await fetch("api/" + name, {
      method: "POST", body, signal, headers: {"Content-Type": "application/json", "X-Simfunnel-Token": token},
    });
    if (answer.status === 503) {
      tell(words.busy);
      await new Promise((done) => setTimeout(done, 1000 * Number(answer.headers.get("Retry-After") ?? 1)));
      if (signal?.aborted) throw new DOMException("", "AbortError");
      continue;
    }
    const found = await answer.json();
    if (!answer.ok) throw new Fault(answer.status, answer.status === 401 ? words.no_token : found.error);
    return found;
  }
}

function fault(text, of = "") {
  const place = at("fault");
  if (text && place.textContent !== text) place.textContent = text;  // it is read aloud each time it changes
  place.hidden = text === "";
  place.dataset.of = of;
}

let asking = false, wanted = false, resting = null, rest = null;

function ask() {
  number += 1;
  wanted = true;
  document.body.dataset.state = "working";
  clearTimeout(resting);
  rest?.abort();
  showChanges();
  if (!asking) answerAll();
}

async function answerAll() {
  asking = true;
  while (wanted) {
    wanted = false;
    try {
      show(await post("answer", {}), true);
    } catch (error) { failed(error); }
  }
  asking = false;
  resting = setTimeout(refine, REST);
}

async function refine() {
  const {signal} = (rest = new AbortController());
  const parts = {
    sooner: (found) => show(found, true),
    answer: (found) => show(found, false),
    waterfall: (found) => place("steps", found.shown),
    plan: (found) => place("plan", found.shown),
    owners: (found) => place("owners", found.shown),
    deals: showRows,
  };
  for (const [name, put] of Object.entries(parts)) {
    try {
      if (name === "sooner" && shownTrials >= MOVING) continue;
      const more = {sooner: {trials: MOVING}, answer: {trials: RESTING}, deals: rowsWanted()}[name] ?? {};
      const found = await post(name === "sooner" ? "answer" : name, more, signal);
      if (signal.aborted) return;
      put(found);
    } catch (error) {
      if (signal.aborted) return;
      failed(error);
      if (name === "answer") break;
    }
  }
  document.body.dataset.state = "rested";
}

function failed(error) {
  if (error.name === "AbortError" || error.status === 409) return;
  const text = error instanceof Fault ? error.message : words.gone;
  fault(text, error instanceof Fault ? "" : "gone");
  wrong = error.status === 422 ? text : "";
  document.body.classList.toggle("stale", error.status === 422);  // what is shown was the answer before
  showChanges();
}

// --- what is shown -------------------------------------------------------------------------------------------------
let wrong = "", shownTrials = 0;
const told = new Map();
const tell = (text) => { at("told").textContent = text; };

function place(name, html) {
  at(name).innerHTML = html;
  at(name + "-all").hidden = html === "";
}

function show(found, moving) {
  if (at("fault").dataset.of !== "news" && at("fault").textContent !== words.bad_link) fault("");
  document.body.classList.remove("stale");
  wrong = "";
  for (const [path, text] of Object.entries(found.shown.changes)) told.set(path, text);
  at("sentence").textContent = found.shown.sentence;
  at("made").textContent = fill(moving ? words.refining : words.futures, {trials: found.trials.toLocaleString("en-US")});
  for (const name of ["figures", "charts", "numbers", "cautions"]) {
    at(name).innerHTML = found.shown[name];
  }
  at("command").textContent = found.command;
  shownTrials = found.trials;
  if (!moving) at("spoken").textContent = found.shown.sentence;
  if (found.version !== version) load();
  showChanges();
}

function button(text, act, label) {
  const made = document.createElement("button");
  made.type = "button";
  made.textContent = text;
  if (label) made.setAttribute("aria-label", label);
  made.addEventListener("click", act);
  return made;
}

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
  at("reset").disabled = committed === '{"shifts":[]}';
}

function option(value, text) {
  const made = document.createElement("option");
  made.value = value;
  made.textContent = text;
  return made;
}

function showControls() {
  const chosen = state.period ?? offered.period;
  at("period").replaceChildren(...offered.periods.map((one) => option(one.label, one.told)));
  at("period").value = chosen;
  const own = offered.periods.find((one) => one.label === chosen)?.target;
  at("target").value = state.target ?? own ?? "";
  at("target").closest(".control").classList.toggle("moved", state.target !== undefined);
  const sure = String(state.confidence ?? "80%").replace("%", "");
  at("confidence").value = at("confidence-number").value = sure;
  const scope = at("scope").value;
  at("scope").replaceChildren(...offered.scopes.map((one) => option(one.key, one.told)));
  if (offered.scopes.some((one) => one.key === scope)) at("scope").value = scope;
  showSliders();
}

function showSliders() {
  const scope = offered.scopes.find((one) => one.key === at("scope").value);
  const shown = at("sliders").dataset.key === at("scope").value + version ? [...at("sliders").children] : null;
  const rows = (scope?.sliders ?? []).map((slider, i) => shown?.[i] ?? sliderRow(slider, i));
  if (!shown) at("sliders").replaceChildren(...rows);
  at("sliders").dataset.key = at("scope").value + version;
  (scope?.sliders ?? []).forEach((slider, i) => showSlider(rows[i], slider));
}

function sliderRow(slider, i) {
  const row = document.createElement("div"), label = document.createElement("label"), pair = document.createElement("span");
  const range = document.createElement("input"), field = document.createElement("input");
  row.className = "control";
  pair.className = "pair";
  label.textContent = slider.label;
  label.htmlFor = range.id = "slider-" + i;
  Object.assign(range, {type: "range", min: slider.low, max: slider.high, step: slider.step});
  const scales = slider.operation === "scale";
  Object.assign(field, {type: "number", min: scales ? 0 : slider.low, max: scales ? 10 : slider.high, step: "any"});
  field.setAttribute("aria-label", `${slider.label}, ${slider.operation === "scale" ? words.times : words.set_to}`);
  const move = (input) => {
    if (input.value === "" || !input.checkValidity()) return;
    const value = input.valueAsNumber;
    setShift(slider.path, slider.operation, value === slider.neutral ? null : value);
    showSlider(row, slider, input);
    ask();
  };
  for (const input of [range, field]) {
    input.addEventListener("input", () => move(input));
    input.addEventListener("change", commit);
  }
  const back = button(words.reset, () => { setShift(slider.path, "", null); moved(); }, `${words.reset}: ${slider.label}`);
  const times = document.createElement("span");
  times.textContent = slider.operation === "scale" ? "×" : "=";
  times.setAttribute("aria-hidden", "true");
  pair.append(range, times, field, back);
  row.append(label, pair);
  return row;
}

function showSlider(row, slider, except) {
  const [range, field] = row.querySelectorAll("input");
  const shift = shiftOf(slider.path);
  const value = shift?.[slider.operation];
  if (range !== except) range.value = value ?? slider.neutral ?? 0;
  if (field !== except) field.value = value ?? slider.neutral ?? "";
  range.setAttribute("aria-valuetext", `${field.value || "–"}`);
  row.classList.toggle("moved", shift !== undefined);
  row.querySelector("button").disabled = shift === undefined;
}

// --- deals ---------------------------------------------------------------------------------------------------------
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
  row.show = (now) => {
    const changed = now.p_win_told !== now.p_win_before_told;
    chance.textContent = changed ? `${now.p_win_before_told} → ${now.p_win_told || "–"}` : now.p_win_told;
    fields.forEach((put) => put());
    press();
  };
  return row;
}

// --- beginning -----------------------------------------------------------------------------------------------------
async function load() {
  try {
    const found = await post("controls", {state: {shifts: []}});
    offered = found;
    version = found.version;
    at("name").textContent = document.title = found.scenario || words.title;
    at("about").textContent = [found.variant, found.as_of, found.currency].filter(Boolean).join(" · ");
    at("rows").tBodies[0].replaceChildren();
    showControls();
    showHistory();
    ask();
    loadRows();
  } catch (error) { failed(error); }
}

async function news() {
  try {
    const answer = await fetch("api/news", {headers: {"X-Simfunnel-Token": token}});
    const found = await answer.json();
    if (answer.ok && version && found.version !== version) {
      tell(words.read_again);
      await load();
    }
    if (found.fault) fault(`${words.unreadable}\n${found.fault}`, "news");
    else if (["news", "gone"].includes(at("fault").dataset.of)) fault("");
  } catch (error) { failed(error); }
  setTimeout(news, NEWS);
}

function download(found, type) {
  const link = document.createElement("a");
  link.href = URL.createObjectURL(new Blob([found.text], {type}));
  link.download = found.file;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 10000);
}

async function take(name, type) {
  tell(words.working);
  try {
    const found = await post(name, {page: null});
    download(found, type);
    tell(found.file);
  } catch (error) { tell(""); failed(error); }
}

async function copy(text) {
  try {
    await navigator.clipboard.writeText(text);
    tell(words.copied);
  } catch { tell(text); }
}

at("period").addEventListener("change", () => { set("period", at("period").value); set("target", null); moved(); });
at("target").addEventListener("change", () => { set("target", at("target").value.trim()); moved(); });
at("target-reset").addEventListener("click", () => { set("target", null); moved(); });
for (const name of ["confidence", "confidence-number"]) {
  at(name).addEventListener("input", () => { at("confidence").value = at("confidence-number").value = at(name).value; });
  at(name).addEventListener("change", () => {
    if (at(name).value === "" || !at(name).checkValidity()) return showControls();
    set("confidence", at(name).value === "80" ? null : at(name).value + "%");
    moved();
  });
}
at("scope").addEventListener("change", showSliders);
at("undo").addEventListener("click", () => go(past, future));
at("redo").addEventListener("click", () => go(future, past));
at("reset").addEventListener("click", () => { state = {shifts: []}; moved(); });
at("link").addEventListener("click", () => copy(location.href));
at("copy").addEventListener("click", () => copy(at("command").textContent));
at("save").addEventListener("click", () => take("variant", "application/yaml"));
at("report").addEventListener("click", () => take("report", "text/html"));
at("find").addEventListener("input", () => { firstRow = 0; loadRows(); });
at("earlier").addEventListener("click", () => { firstRow = Math.max(0, firstRow - ROWS); loadRows(); });
at("later").addEventListener("click", () => { firstRow += ROWS; loadRows(); });
at("language").addEventListener("click", (event) => {
  event.preventDefault();
  location.href = "?" + new URLSearchParams({token, language: language === "zh" ? "en" : "zh"}) + location.hash;
});
addEventListener("keydown", (event) => {
  if (!(event.ctrlKey || event.metaKey) || event.key.toLowerCase() !== "z") return;
  if (/^(text|search|number|date)$/.test(document.activeElement?.type ?? "")) return;
  event.preventDefault();
  if (event.shiftKey) go(future, past); else go(past, future);
});
document.querySelector(".skip").addEventListener("click", (event) => { event.preventDefault(); at("answer").focus(); });
addEventListener("hashchange", () => { state = fromLink(); moved(); });
state = fromLink();
committed = JSON.stringify(state);
load();
setTimeout(news, NEWS);
