// How it begins, what it follows, and what each button does.
async function load() {
  try {
    const found = await post("controls", {state: {shifts: []}});
    offered = found;
    version = found.version;
    at("name").textContent = document.title = found.scenario || words.title;
    at("about").textContent = [found.variant, found.as_of, found.currency].filter(Boolean).join(" · ");
    at("not-followed").hidden = found.followed;
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
    tell(found.command ? fill(words.same_report, found) : found.file);
  } catch (error) { tell(""); failed(error); }
}

async function copy(text) {
  try {
    await navigator.clipboard.writeText(text);
    tell(words.copied);
  } catch { tell(text); }
}

at("period").addEventListener("change", () => { set("period", at("period").value); set("target", null); moved(); });
at("target").addEventListener("change", takeTarget);
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
  const key = event.key.toLowerCase();
  if (!(event.ctrlKey || event.metaKey) || !"zy".includes(key)) return;
  if (/^(text|search|number|date)$/.test(document.activeElement?.type ?? "")) return;
  event.preventDefault();
  if (event.shiftKey || key === "y") go(future, past); else go(past, future);
});
document.querySelector(".skip").addEventListener("click", (event) => { event.preventDefault(); at("answer").focus(); });
addEventListener("hashchange", () => { state = fromLink(); moved(); });
state = fromLink();
committed = JSON.stringify(state);
load();
setTimeout(news, NEWS);
