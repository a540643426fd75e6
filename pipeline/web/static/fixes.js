// Corrections in place: the one form moves to the turn that it is about, filled with what stands there.
import { post } from "./saver.js";

export function setUpFixes({ interview }) {
  const talk = document.getElementById("talk");
  const holder = document.getElementById("fixing");
  const form = document.getElementById("fix-form");
  const home = holder.parentElement;
  const { kind, turn, to_turn: to, speaker, text } = form.elements;
  const fault = document.getElementById("fix-fault");
  const close = document.getElementById("fix-close");
  let opener = null;

  const fit = () => {
    for (const part of form.querySelectorAll("[data-for]")) {
      const used = part.dataset.for.split(" ").includes(kind.value);
      part.hidden = !used;
      for (const field of part.querySelectorAll("input, select, textarea")) field.disabled = !used;
    }
  };
  kind.addEventListener("change", fit);
  fit();

  for (const button of talk.querySelectorAll(".fix")) button.hidden = false;
  talk.addEventListener("click", (event) => {
    const button = event.target.closest(".fix");
    if (!button) return;
    const about = button.closest(".turn");
    opener = button;
    turn.value = about.dataset.t;
    to.value = about.dataset.t;
    text.value = about.querySelector(".text").textContent;
    speaker.value = about.querySelector(".who").textContent.replace(/^(Interviewer|Candidate|Unknown role)\s?/, "");
    about.after(holder);
    holder.classList.add("placed");
    holder.open = true;
    close.hidden = false;
    fault.hidden = true;
    kind.focus();
  });

  const back = () => {
    holder.open = false;
    holder.classList.remove("placed");
    home.append(holder);
    close.hidden = true;
    opener?.focus();
  };
  close.addEventListener("click", back);
  holder.addEventListener("keydown", (event) => { if (event.key === "Escape" && opener) { event.stopPropagation(); back(); } });

  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    const body = {};
    for (const [name, value] of new FormData(form)) {
      if (name === "csrf" || value === "") continue;
      body[name] = name === "turn" || name === "to_turn" ? Number(value) : value;
    }
    try {
      await post(`/api/interviews/${interview}/corrections`, body);
      location.hash = body.turn === undefined ? "" : `t${body.turn}`;
      location.reload();
    } catch (error) {
      fault.textContent = `${error.message} ${error.remedy}`;
      fault.hidden = false;
    }
  });
}
