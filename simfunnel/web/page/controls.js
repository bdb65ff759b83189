// Period, target, confidence, and the sliders.
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
  const target = amountOf(String(state.target ?? own ?? ""));
  if (at("target") !== document.activeElement || at("target").dataset.of !== String(target)) {
    at("target").value = target === null ? state.target ?? "" : amountTold(target);
  }
  at("target").dataset.of = String(target);
  wrongTarget(false);
  at("target").closest(".control").classList.toggle("moved", state.target !== undefined);
  const sure = percentOf(state.confidence ?? "80%");
  at("confidence").value = at("confidence-number").value = sure;
  const scope = at("scope").value;
  at("scope").replaceChildren(...offered.scopes.map((one) => option(one.key, one.told)));
  if (offered.scopes.some((one) => one.key === scope)) at("scope").value = scope;
  at("more-scopes").textContent = fill(words.more_scopes, {n: offered.more_scopes});
  at("more-scopes").hidden = offered.more_scopes === 0;
  showSliders();
}

function wrongTarget(is) {
  at("target-wrong").hidden = !is;
  at("target").setAttribute("aria-invalid", String(is));
}

function takeTarget() {
  const text = at("target").value.trim(), value = amountOf(text);
  if (text !== "" && value === null) return wrongTarget(true);
  set("target", value);
  moved();
}

const known = new Map();  // sliders of a scope of this reading: asked for when it is chosen, there may be thousands

async function showSliders() {
  const scope = at("scope").value, key = `${version} ${scope}`;
  if (scope === "") known.set(key, offered.sliders);
  try {
    if (!known.has(key)) at("sliders").replaceChildren();  // not those of another scope
    if (!known.has(key)) known.set(key, (await post("sliders", {page: null, scope, state: {shifts: []}})).sliders);
  } catch (error) { return failed(error); }
  if (at("scope").value !== scope) return;  // another one was chosen meanwhile
  const sliders = known.get(key);
  const shown = at("sliders").dataset.key === key && at("sliders").children.length ? [...at("sliders").children] : null;
  const rows = sliders.map((slider, i) => shown?.[i] ?? sliderRow(slider, i));
  if (!shown) at("sliders").replaceChildren(...rows);
  at("sliders").dataset.key = key;
  at("nothing-moves").hidden = sliders.length > 0;
  sliders.forEach((slider, i) => showSlider(rows[i], slider));
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
  const level = document.createElement("span");
  level.className = "level note";
  pair.append(range, times, field, back);
  row.append(label, pair, level);
  return row;
}

function levelOf(score) {  // of a standard normal, in percent (Abramowitz and Stegun 7.1.26)
  const x = Math.abs(score) / Math.SQRT2, t = 1 / (1 + 0.3275911 * x);
  const tail = t * (0.254829592 + t * (-0.284496736 + t * (1.421413741 + t * (-1.453152027 + t * 1.061405429)))) * Math.exp(-x * x);
  return Number((50 * (score < 0 ? tail : 2 - tail)).toPrecision(3));
}

function showSlider(row, slider, except) {
  const [range, field] = row.querySelectorAll("input");
  const shift = shiftOf(slider.path);
  const value = shift?.[slider.operation];
  if (range !== except) range.value = value ?? slider.neutral ?? 0;
  if (field !== except) field.value = value ?? slider.neutral ?? "";
  const drawn = slider.neutral === null && shift === undefined;  // each future has its own
  const quantile = slider.neutral === null && !drawn ? fill(words.quantile, {level: levelOf(value)}) : "";
  row.querySelector(".level").textContent = drawn ? words.drawn : quantile;
  range.classList.toggle("drawn", drawn);
  range.setAttribute("aria-valuetext", drawn ? words.drawn : quantile || field.value || "–");
  row.classList.toggle("moved", shift !== undefined);
  row.querySelector("button").disabled = shift === undefined;
}
