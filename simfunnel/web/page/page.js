"use strict";
const at = (id) => document.getElementById(id);
const words = JSON.parse(at("words").textContent);
const token = new URLSearchParams(location.search).get("token") ?? "";
const language = document.documentElement.lang.startsWith("zh") ? "zh" : "en";
const page = crypto.randomUUID();
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
    const found = JSON.parse(text);
    return {...found, shifts: Array.isArray(found.shifts) ? found.shifts : []};
  } catch { return {shifts: []}; }
}

function toLink() {
  const text = JSON.stringify(state);
  const hash = text === '{"shifts":[]}' ? "" : "#" + new URLSearchParams({state: text});
  history.replaceState(null, "", location.pathname + location.search + hash);
}

function commit() {
  const now = JSON.stringify(state);
  if (now === committed) return;
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
  at("fault").textContent = text;
  at("fault").hidden = false;
  wrong = error.status === 422 ? text : "";
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
  at("fault").hidden = true;
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
  const rows = state.shifts.map((shift) => {
    const row = document.createElement("li");
    const text = document.createElement("bdi");
    text.textContent = told.get(shift.path) ?? (wrong ? shift.path : "…");
    row.classList.toggle("wrong", wrong.includes(`'${shift.path}'`));
    row.append(text, button("×", () => { setShift(shift.path, "", null); moved(); }, `${words.remove}: ${text.textContent}`));
    return row;
  });
  at("changes").replaceChildren(...rows);
  at("no-changes").hidden = rows.length > 0;
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
  Object.assign(field, {type: "number", min: slider.operation === "scale" ? 0 : slider.low, step: "any"});
  field.setAttribute("aria-label", `${slider.label}, ${slider.operation === "scale" ? words.times : words.set_to}`);
  const move = (input) => {
    if (input.value === "" || !Number.isFinite(input.valueAsNumber)) return;
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
  at("rows").tBodies[0].replaceChildren(...found.rows.map(dealRow));
  const fields = {first: firstRow + 1, last: firstRow + found.rows.length, n: found.found};
  at("rows-told").textContent = found.rows.length ? fill(words.shown, fields) : words.none_found;
  at("earlier").disabled = firstRow === 0;
  at("later").disabled = firstRow + ROWS >= found.found;
}

function dealRow(deal) {
  const row = document.createElement("tr");
  const of = (name) => `${name}[deal=${quoted(deal.id)}]`;
  const cell = (text, look) => {
    const made = document.createElement("td"), inside = document.createElement("bdi");
    inside.textContent = text;
    made.append(inside);
    made.className = look;
    row.append(made);
    return made;
  };
  const field = (type, value, path, operation, label) => {
    const made = document.createElement("input"), place = document.createElement("td");
    Object.assign(made, {type, value: shiftOf(path)?.[operation] ?? value});
    if (type === "number") Object.assign(made, {min: 0, step: "any"});
    made.setAttribute("aria-label", `${label}: ${deal.name}`);
    made.classList.toggle("moved", shiftOf(path) !== undefined);
    made.addEventListener("change", () => {
      const given = type === "number" ? made.valueAsNumber : made.value;
      const none = made.value === "" || given === value || Number.isNaN(given);
      setShift(path, operation, none ? null : given);
      made.classList.toggle("moved", !none);
      moved();
    });
    place.append(made);
    row.append(place);
  };
  cell(deal.account ? `${deal.name} · ${deal.account}` : deal.name, "text");
  cell(deal.owner, "text");
  cell(deal.stage, "text");
  const changed = deal.p_win_told !== deal.p_win_before_told;
  cell(changed ? `${deal.p_win_before_told} → ${deal.p_win_told || "–"}` : deal.p_win_told, "");
  field("number", deal.amount, of("amount"), "set", words.amount);
  field("date", "", of("not_before"), "set", words.not_before);
  const acts = cell("", "text");
  const choices = [["win_rate", 1, words.won], ["win_rate", 0, words.lost], ["ignore", true, words.ignored]];
  for (const [name, value, text] of choices) {
    const pressed = shiftOf(of(name))?.set === value;
    const made = button(text, () => {
      const was = shiftOf(of(name))?.set === value;
      setShift(of("win_rate"), "set", null);
      setShift(of("ignore"), "set", null);
      if (!was) setShift(of(name), "set", value);
      for (const other of acts.querySelectorAll("button")) other.setAttribute("aria-pressed", String(!was && other === made));
      moved();
    }, `${text}: ${deal.name}`);
    made.setAttribute("aria-pressed", String(pressed));
    acts.append(made);
  }
  return row;
}

// --- beginning -----------------------------------------------------------------------------------------------------
async function load() {
  try {
    const found = await post("controls", {});
    offered = found;
    version = found.version;
    at("name").textContent = document.title = found.scenario || words.title;
    at("about").textContent = [found.variant, found.as_of, found.currency].filter(Boolean).join(" · ");
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
    if (found.fault) {
      at("fault").textContent = `${words.unreadable}\n${found.fault}`;
      at("fault").hidden = false;
    } else if (at("fault").dataset.of === "news") at("fault").hidden = true;
    at("fault").dataset.of = found.fault ? "news" : "";
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
  at(name).addEventListener("change", () => { set("confidence", at(name).value === "80" ? null : at(name).value + "%"); moved(); });
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
addEventListener("hashchange", () => { state = fromLink(); moved(); });
state = fromLink();
committed = JSON.stringify(state);
load();
setTimeout(news, NEWS);
