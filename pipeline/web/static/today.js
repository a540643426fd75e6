// Keeps Today true while one looks at it: progress moves in place, and what changes its state moves to its group.
import { localTimes } from "./times.js";

const STAGES = {
  decode: "Reading the recording", transcribe: "Transcribing", diarize: "Telling the voices apart", cut: "Cutting it into questions",
  match: "Reading the answers", score: "Drafting scores", publish: "Publishing",
};
const told = document.getElementById("told");
let fetching = false;
let again = false;

function left(seconds) {
  if (seconds === null) return "";
  if (seconds < 50) return "less than a minute left";
  const minutes = Math.round(seconds / 60);
  return minutes < 90 ? `about ${minutes} min left` : `about ${(seconds / 3600).toFixed(1)} h left`;
}

function standing(work) {
  return { waiting: "processing", running: "processing", failed: "failed" }[work.state] ?? "";
}

async function renew() {
  if (fetching) {
    again = true;
    return;
  }
  fetching = true;
  try {
    const answer = await fetch(location.pathname, { headers: { Accept: "text/html" } });
    if (answer.redirected || !answer.ok) return;
    const fresh = new DOMParser().parseFromString(await answer.text(), "text/html").getElementById("day");
    const old = document.getElementById("day");
    if (!fresh) return;
    const before = new Map(Array.from(old.querySelectorAll("tr[id]"), (row) => [row.id, row.dataset.state]));
    const focused = document.activeElement?.closest("tr[id]")?.id;
    old.replaceWith(document.importNode(fresh, true));
    const shown = document.getElementById("day");
    localTimes(shown);
    if (focused) document.getElementById(focused)?.querySelector("a, button")?.focus();
    const news = [];
    for (const row of shown.querySelectorAll("tr[id]")) {
      if (before.has(row.id) && before.get(row.id) !== row.dataset.state) {
        news.push(`${row.querySelector("a").textContent}: ${row.dataset.state}`);
      }
    }
    if (news.length) told.textContent = news.join("; ");
  } catch {
    // the line is down; the next event asks again
  } finally {
    fetching = false;
    if (again) {
      again = false;
      renew();
    }
  }
}

function show(work) {
  const row = document.getElementById(`i-${work.interview}`);
  const now = standing(work);
  if (!row) {
    if (now) renew();
    return;
  }
  const moving = row.dataset.state === "processing";
  if (now !== row.dataset.state && (now || moving || row.dataset.state === "failed")) {
    renew();
    return;
  }
  if (!moving) return;
  row.querySelector("progress").value = Math.round(work.share * 100);
  row.querySelector(".stage").textContent = (work.state === "running" && STAGES[work.stage]) || "Waits for a worker";
  row.querySelector(".left").textContent = left(work.seconds_left);
}

const source = new EventSource("/api/events");
source.addEventListener("work", (event) => show(JSON.parse(event.data)));
document.addEventListener("visibilitychange", () => {
  if (!document.hidden && source.readyState === EventSource.CLOSED) location.reload();
});
