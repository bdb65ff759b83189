"use strict";
const at = (id) => document.getElementById(id);
const words = JSON.parse(at("words").textContent);
const token = new URLSearchParams(location.search).get("token") ?? "";
const language = document.documentElement.lang.startsWith("zh") ? "zh" : "en";
// no crypto.randomUUID: browsers have it for encrypted pages alone
const page = Array.from(crypto.getRandomValues(new Uint32Array(4)), (part) => part.toString(36)).join("");
const ROWS = 50, REST = 250, NEWS = 2000, MOVING = 20000, RESTING = 100000;
const fill = (text, fields) => text.replace(/\{(\w+)\}/g, (whole, name) => fields[name] ?? whole);

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
