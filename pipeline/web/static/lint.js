// Checks a rubric as it is typed, and leads from a finding to its line.
const text = document.getElementById("text");
const list = document.getElementById("lint");
const state = document.getElementById("lint-state");
const token = document.querySelector('meta[name="csrf"]').content;
const WAIT = 400;
let timer = 0;
let asked = 0;

function go(line) {
  const lines = text.value.split("\n");
  const start = lines.slice(0, line - 1).reduce((sum, each) => sum + each.length + 1, 0);
  text.focus();
  text.setSelectionRange(start, start + (lines[line - 1] ?? "").length);
  text.scrollTop = Math.max(0, (line - 6) * parseFloat(getComputedStyle(text).lineHeight));
}

function show(findings) {
  list.replaceChildren(...findings.map((finding) => {
    const item = document.createElement("li");
    item.className = finding.severity;
    const button = document.createElement("button");
    button.type = "button";
    button.className = "plain";
    button.dataset.line = finding.line;
    button.textContent = `${finding.severity === "error" ? "✗" : "!"} Line ${finding.line}: ${finding.message}`;
    const remedy = document.createElement("span");
    remedy.className = "small muted";
    remedy.textContent = ` ${finding.remedy}`;
    item.append(button, remedy);
    return item;
  }));
  state.textContent = findings.length === 0 ? "nothing to say" : `${findings.length} finding${findings.length === 1 ? "" : "s"}`;
}

async function lint() {
  const mine = ++asked;
  state.textContent = "checking …";
  try {
    const answer = await fetch("/api/rubrics/lint", {
      method: "POST",
      headers: { "Content-Type": "application/json", "X-CSRF-Token": token },
      body: JSON.stringify({ text: text.value }),
    });
    const body = await answer.json();
    if (mine !== asked) return;
    if (answer.ok) show(body.findings);
    else state.textContent = `not checked: ${body.error}`;
  } catch {
    if (mine === asked) state.textContent = "not checked: the server does not answer";
  }
}

text.addEventListener("input", () => { clearTimeout(timer); timer = setTimeout(lint, WAIT); });
text.addEventListener("keydown", (event) => {
  // Two blanks for Tab would trap keyboard users: Tab moves on, as everywhere.
  if (event.key === "Enter" && !event.isComposing) {
    const before = text.value.slice(0, text.selectionStart).split("\n").pop();
    const indent = before.match(/^ */)[0];
    if (indent) { event.preventDefault(); text.setRangeText(`\n${indent}`, text.selectionStart, text.selectionEnd, "end"); text.dispatchEvent(new Event("input")); }
  }
});
list.addEventListener("click", (event) => {
  const button = event.target.closest("button[data-line]");
  if (button) go(Number(button.dataset.line));
});
