// What an answer looks like.
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
