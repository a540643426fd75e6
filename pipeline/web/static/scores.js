// The scorecard: its forms are sent in place, notes save themselves, evidence plays, and time spent is counted while one is here.
const AUTOSAVE = 900; // milliseconds after the last key
const SPEND_EVERY = 15; // seconds
const IDLE = 60; // seconds without a sign of life stop the count

const lineOf = (review, competency) => review?.scores.find((line) => line.competency === competency);

export class Scores {
  constructor({ saver, player, words, interview, editable }) {
    Object.assign(this, { saver, player, words, interview, editable });
    this.pane = document.getElementById("scores");
    this.shown = new Map();
    this.timers = new Map();
    this.current = null;
    this.next = -1;
    this.pane.addEventListener("click", (event) => this.#click(event));
    this.pane.addEventListener("focusin", (event) => { const item = event.target.closest(".item"); if (item) this.go(item, { focus: false }); });
    this.pane.addEventListener("submit", (event) => this.#submit(event));
    this.pane.addEventListener("input", (event) => this.#input(event));
    this.pane.addEventListener("change", (event) => this.#input(event, 300));
    this.#remember(document);
    if (saver) {
      saver.onSaved = () => this.refresh();
      saver.load().then(() => { if (saver.version !== Number(document.getElementById("review").dataset.version)) this.refresh(); });
    }
    const first = this.items.find((item) => !item.classList.contains("rated")) ?? this.items[0];
    if (first) this.go(first, { focus: false, scroll: false });
    if (editable) this.#count();
  }

  get items() { return [...this.pane.querySelectorAll(".item")]; }

  go(item, { focus = true, scroll = true } = {}) {
    if (item === this.current && !focus) return;
    this.#flush();
    for (const each of this.items) each.removeAttribute("aria-current");
    item.setAttribute("aria-current", "true");
    this.current = item;
    this.next = -1;
    if (focus) { item.focus({ preventScroll: true }); if (scroll) item.scrollIntoView({ block: "start" }); }
  }

  step(by) {
    const all = this.items;
    const to = Math.min(all.length - 1, Math.max(0, all.indexOf(this.current) + by));
    if (all[to]) this.go(all[to]);
  }

  // one's own score; once the draft was seen a change asks for its reason first
  rate(level) {
    const item = this.current;
    const button = item?.querySelector(`.score[value="${level}"]`);
    if (button) button.form.requestSubmit(button);
  }

  press(selector) {
    const button = this.current?.querySelector(selector);
    if (!button) return;
    const wanted = button.form.querySelector("[required]");
    if (wanted && !wanted.value.trim()) wanted.focus(); else button.form.requestSubmit(button);
  }

  playNext() {
    const quotes = [...(this.current?.querySelectorAll(".quote") ?? [])];
    if (!quotes.length) return;
    this.next = (this.next + 1) % quotes.length;
    this.open(quotes[this.next]);
  }

  // opens a passage: shows its turn, plays exactly those words, and notes that evidence was looked at
  open(quote) {
    const { start, end, turn } = quote.dataset;
    this.words?.show(Number(turn));
    if (start !== undefined) this.player.playPassage(Number(start), Number(end), quote, quote.textContent.trim());
    const item = quote.closest(".item");
    if (this.editable && item && !item.dataset.opened) {
      item.dataset.opened = "1";
      this.saver.change("spend", { competency: item.dataset.competency, seconds: 0, opened: true }, { quiet: true });
    }
  }

  // brings the scorecard up to date from the server; what is being written stays
  async refresh() {
    const answer = await fetch(`/interviews/${this.interview}/scores`, { headers: { Accept: "text/html" } });
    if (!answer.ok) return;
    const fresh = new DOMParser().parseFromString(await answer.text(), "text/html");
    const parts = [...fresh.querySelectorAll("[data-part]")];
    if (parts.length !== this.pane.querySelectorAll("[data-part]").length) { this.saver.leaving = true; location.reload(); return; }
    for (const part of parts) {
      const old = this.pane.querySelector(`[data-part="${CSS.escape(part.dataset.part)}"]`);
      const text = this.#plain(part);
      if (this.shown.get(part.dataset.part) !== text && old) {
        this.shown.set(part.dataset.part, text);
        this.#replace(old, part);
      }
    }
    for (const input of this.pane.querySelectorAll('input[name="version"]')) input.value = this.saver.version;
  }

  #replace(old, part) {
    const made = document.importNode(part, true);
    const chosen = old.querySelector('[type="radio"][data-dirty]') && old.querySelector('[type="radio"]:checked');
    if (chosen) { const twin = made.querySelector(`#${CSS.escape(chosen.id)}`); twin.checked = true; twin.dataset.dirty = "1"; }
    for (const field of old.querySelectorAll("textarea, input[id]:not([type=radio])")) {
      const twin = field.id ? made.querySelector(`#${CSS.escape(field.id)}`) : null;
      const same = twin && field === document.activeElement && field.value.trim() === twin.value.trim();
      if (twin && (field.dataset.dirty || same)) {
        twin.value = field.value;
        if (field.dataset.dirty) twin.dataset.dirty = "1";
      }
    }
    for (const details of old.querySelectorAll("details[open]")) {
      const name = details.querySelector("summary").textContent;
      const twin = [...made.querySelectorAll("details")].find((each) => each.querySelector("summary").textContent === name);
      if (twin && !(details.classList.contains("anchors") && made.classList.contains("rated"))) twin.open = true;
    }
    const active = document.activeElement;
    const inside = old.contains(active);
    const place = inside && active.matches("textarea, input:not([type=radio]):not([type=number])") ? [active.selectionStart, active.selectionEnd] : null;
    if (old.dataset.opened) made.dataset.opened = "1";
    if (old === this.current) { made.setAttribute("aria-current", "true"); this.current = made; }
    old.replaceWith(made);
    if (!inside) return;
    const twin = (active.id && made.querySelector(`#${CSS.escape(active.id)}`)) || (active.matches(".score") && made.querySelector(`.score[value="${active.value}"]`)) || made;
    twin.focus({ preventScroll: true });
    if (place && twin !== made) twin.setSelectionRange(...place);
  }

  #remember(page) { for (const part of page.querySelectorAll("[data-part]")) this.shown.set(part.dataset.part, this.#plain(part)); }

  // a part's markup without the version, which changes with every save
  #plain(part) { return part.outerHTML.replace(/name="version" value="\d+"/g, "").replace(/ aria-current="true"| data-opened="1"/g, ""); }

  #click(event) {
    const quote = event.target.closest(".quote");
    if (quote && this.pane.contains(quote)) { event.preventDefault(); this.open(quote); }
  }

  async #submit(event) {
    const form = event.target;
    if (form.matches("[data-rescore]")) { event.preventDefault(); this.#rescore(form); return; }
    if (!form.dataset.act || !this.saver) return;
    event.preventDefault();
    const act = form.dataset.act;
    const body = this.#body(form, event.submitter);
    if (act === "rate" && !this.#reasoned(form, body)) return;
    if (act === "submit" || act === "reopen" || act === "reaffirm") { await this.#leave(act, body); return; }
    const competency = body.competency;
    const about = act === "rate" ? { theirs: (review) => lineOf(review, competency)?.score ?? "", mine: String(body.score) } : {};
    for (const field of form.querySelectorAll("[data-dirty]")) delete field.dataset.dirty;
    if (!(await this.saver.change(act, body, about))) return;
    this.#announce(act, competency);
  }

  #body(form, submitter) {
    const body = {};
    for (const [name, value] of new FormData(form, submitter?.name ? submitter : undefined)) {
      if (name === "csrf" || name === "version") continue;
      body[name] = ["score", "turn"].includes(name) ? Number(value) : value;
    }
    return body;
  }

  // whether a rating may go as it is; otherwise the reason is asked for and Enter there sends it
  #reasoned(form, body) {
    const item = form.closest(".item");
    const reason = form.querySelector('input[name="reason"]');
    if (body.score === undefined) body.score = Number(item.dataset.pending || item.dataset.score || 0);
    if (!body.score) return false;
    if (!reason || String(body.score) === item.dataset.score || reason.value.trim()) { delete item.dataset.pending; return true; }
    item.dataset.pending = String(body.score);
    for (const button of item.querySelectorAll(".score")) button.classList.toggle("pending", button.value === String(body.score));
    reason.closest(".reason").classList.add("wanted");
    reason.previousElementSibling.textContent = `Why ${body.score} now, after the draft was seen? Enter saves it`;
    reason.focus();
    reason.onkeydown = (event) => { if (event.key === "Enter") { event.preventDefault(); form.requestSubmit(); } };
    return false;
  }

  #announce(act, competency) {
    const item = this.items.find((each) => each.dataset.competency === competency);
    if (act === "rate" && item?.dataset.draft) this.saver.say(`Saved. The draft is ${item.dataset.draft}, yours is ${item.dataset.score}.`);
  }

  async #leave(act, body) {
    await this.#flushAll();
    this.saver.leaving = true;
    if (await this.saver.change(act, body)) location.reload(); else this.saver.leaving = false;
  }

  async #rescore(form) {
    const { post } = await import("./saver.js");
    form.querySelector("button").disabled = true;
    try {
      await post(`/api/interviews/${this.interview}/rescore`, {});
      location.reload();
    } catch (error) {
      form.querySelector("button").disabled = false;
      document.getElementById("saved").textContent = `${error.message} ${error.remedy}`;
    }
  }

  // notes, and the three fields of the conclusion, save themselves
  #input(event, wait = AUTOSAVE) {
    const form = event.target.closest('form[data-act="note"], form[data-act="conclude"]');
    if (!form || !this.saver) return;
    if (event.type === "input") event.target.dataset.dirty = "1";
    if (!form.querySelector("[data-dirty]")) return;
    clearTimeout(this.timers.get(form.dataset.act + (form.elements.competency?.value ?? "")));
    this.saver.say("Not saved yet");
    this.timers.set(form.dataset.act + (form.elements.competency?.value ?? ""), setTimeout(() => this.#autosave(form), wait));
  }

  async #autosave(begun) {
    const { act } = begun.dataset;
    const topic = begun.elements.competency?.value;
    // a refresh may have put a fresh form in place of the one that was written in
    const form = [...this.pane.querySelectorAll(`form[data-act="${act}"]`)].find((each) => each.elements.competency?.value === topic) ?? begun;
    const body = this.#body(form);
    if (act === "conclude" && !body.recommendation) { this.saver.say("Choose a recommendation, then this is saved too", true); return; }
    const fields = [...form.querySelectorAll("[data-dirty]")];
    const values = new Map(fields.map((field) => [field, field.value]));
    for (const field of fields) delete field.dataset.dirty;
    const about = act === "note"
      ? { theirs: (review) => lineOf(review, body.competency)?.note ?? "", mine: body.text.trim() }
      : { theirs: (review) => [review?.recommendation ?? "", review?.strengths ?? "", review?.concerns ?? ""].join("\n"), mine: [body.recommendation, body.strengths.trim(), body.concerns.trim()].join("\n") };
    if (await this.saver.change(act, body, about)) return;
    for (const [field, value] of values) {
      const now = document.getElementById(field.id);
      if (!now) continue;
      if (this.saver.left) this.#restore(now, body.competency);
      else if (now.value === value) now.dataset.dirty = "1"; // not saved: leaving the page asks first
    }
  }

  // what the other window saved, in place of what was written here
  #restore(field, competency) {
    const review = this.saver.known;
    if (field.type === "radio") { const other = document.getElementById(`rec-${review.recommendation}`); if (other) other.checked = true; return; }
    field.value = competency ? lineOf(review, competency)?.note ?? "" : review[field.name];
  }

  async #flushAll() {
    for (const timer of this.timers.values()) clearTimeout(timer);
    for (const form of this.pane.querySelectorAll('form[data-act="note"], form[data-act="conclude"]')) {
      if (form.querySelector("[data-dirty]")) await this.#autosave(form);
    }
  }

  // time per competency: only while the page is in view and somebody moves, types or listens
  #count() {
    this.spent = 0;
    let alive = Date.now();
    for (const name of ["pointermove", "keydown", "scroll", "click"]) document.addEventListener(name, () => { alive = Date.now(); }, { capture: true, passive: true });
    setInterval(() => {
      const here = document.visibilityState === "visible" && (Date.now() - alive < IDLE * 1000 || this.player.playing);
      if (here && this.current) this.spent += 1;
      if (this.spent >= SPEND_EVERY) this.#flush();
    }, 1000);
    document.addEventListener("visibilitychange", () => { if (document.visibilityState === "hidden") this.#flush(); });
  }

  #flush() {
    if (!this.spent || !this.current || !this.saver) return;
    const seconds = this.spent;
    this.spent = 0;
    this.saver.change("spend", { competency: this.current.dataset.competency, seconds }, { quiet: true });
  }
}
