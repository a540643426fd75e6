// Own evidence: select the candidate's words in the transcript and add them to a competency.
const textOf = (node) => (node.nodeType === Node.ELEMENT_NODE ? node : node.parentElement)?.closest(".text") ?? null;

export function setUpSelection({ words, scores, saver }) {
  const box = document.getElementById("selection");
  const shown = document.getElementById("selected");
  const select = document.getElementById("select-for");
  const add = document.getElementById("select-add");
  let chosen = null;

  const close = () => { box.hidden = true; chosen = null; };

  const look = () => {
    const selection = getSelection();
    if (!words || selection.isCollapsed || !selection.rangeCount) return;
    const range = selection.getRangeAt(0).cloneRange();
    const start = textOf(range.startContainer);
    if (!start) return;
    if (range.endOffset === 0 && textOf(range.endContainer) !== start) range.setEnd(start, start.childNodes.length); // a triple click ends in the next block
    const end = textOf(range.endContainer);
    const turn = start.closest(".turn");
    if (start !== end) { say("Select words of one turn."); return; }
    if (turn.classList.contains("interviewer")) { say("What the interviewer says is never evidence. Select the candidate's words."); return; }
    const touched = words.touched(turn, range);
    if (!touched) return;
    chosen = { turn: Number(turn.dataset.t), first: touched.first, last: touched.last };
    shown.textContent = `“${touched.quote}”`;
    add.hidden = false;
    if (scores.current) select.value = scores.current.dataset.competency;
    box.hidden = false;
  };

  const say = (text) => { chosen = null; shown.textContent = text; add.hidden = true; box.hidden = false; };

  const save = async () => {
    if (!chosen) return;
    const body = { competency: select.value, ...chosen };
    close();
    getSelection().removeAllRanges();
    await saver.change("add-evidence", body);
  };

  let timer = null;
  document.addEventListener("selectionchange", () => {
    clearTimeout(timer);
    timer = setTimeout(() => { if (!box.contains(document.activeElement)) { if (getSelection().isCollapsed) close(); else look(); } }, 150);
  });
  add.addEventListener("click", save);
  document.getElementById("select-close").addEventListener("click", () => { close(); getSelection().removeAllRanges(); });
  document.addEventListener("keydown", (event) => {
    if (box.hidden || event.ctrlKey || event.metaKey || event.altKey) return;
    if (event.key === "Escape") { close(); getSelection().removeAllRanges(); }
    if (event.key === "a" && chosen && !event.target.closest("input, textarea, select")) { event.preventDefault(); save(); }
  });
}
