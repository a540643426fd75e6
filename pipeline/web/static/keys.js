// The keyboard: one key for each thing that is done often. The keys can be switched off in their list.
const WRITING = "input:not([type=checkbox]):not([type=radio]):not([type=range]), textarea, select, [contenteditable]";
const PRESSED = "button, a[href], summary, input, label";

export function setUpKeys({ player, scores, saver }) {
  const help = document.getElementById("help");
  const open = document.getElementById("keys");
  const on = document.getElementById("keys-on");
  on.checked = localStorage.getItem("keys") !== "off";
  on.addEventListener("change", () => localStorage.setItem("keys", on.checked ? "on" : "off"));
  open.hidden = false;
  open.addEventListener("click", () => help.showModal());

  const acts = {
    j: () => scores.step(1),
    k: () => scores.step(-1),
    e: () => scores.playNext(),
    n: () => { const note = scores.current?.querySelector("textarea.note"); note?.focus(); note?.setSelectionRange(note.value.length, note.value.length); },
    o: () => { const overall = document.getElementById("overall"); overall?.scrollIntoView({ block: "start" }); (overall?.querySelector("input[type=radio]:checked, input[type=radio]") ?? overall)?.focus({ preventScroll: true }); },
    y: () => saver && scores.press("button.keep"),
    d: () => saver && scores.press("button.take"),
    ",": () => player.skip(-5),
    ".": () => player.skip(5),
    "?": () => help.showModal(),
  };

  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || document.querySelector("dialog[open]")) return;
    const writing = event.target.closest?.(WRITING);
    if (event.key === "Escape") { if (writing) (scores.current ?? document.body).focus({ preventScroll: true }); return; }
    if (writing || (!on.checked && event.key !== "?")) return;
    if (event.key === " ") {
      if (event.target.closest?.(PRESSED)) return;
      event.preventDefault();
      player.toggle();
    } else if (event.key >= "1" && event.key <= "5") {
      event.preventDefault();
      scores.rate(Number(event.key));
    } else if (acts[event.key]) {
      event.preventDefault();
      acts[event.key]();
    }
  });
}
