// What is asked of the server, and when: while a hand moves, and when it rests.
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
