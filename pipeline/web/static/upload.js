// Files are sent in pieces, one file after the other; a piece that does not arrive is sent again, and an upload that broke off goes on.
const own = document.querySelector('script[src="/static/upload.js"]');
const PIECE = Number(own.dataset.piece);
const LARGEST = 2 * 1024 ** 3;
const csrf = document.querySelector('meta[name="csrf"]').content;
const drop = document.getElementById("drop");
const cards = document.getElementById("cards");
const told = document.getElementById("told");
const all = document.getElementById("all");
const template = document.getElementById("card");
const waiting = [];
let sending = false;
let number = 0;

class Refusal extends Error {
  constructor(status, said) {
    super(said.error || "The server refused it.");
    this.status = status;
    this.remedy = said.remedy || "";
    this.interview = said.interview;
  }
}

async function ask(method, path, body) {
  const raw = body instanceof Blob;
  const headers = { "X-CSRF-Token": csrf, Accept: "application/json" };
  if (body !== undefined) headers["Content-Type"] = raw ? "application/octet-stream" : "application/json";
  const answer = await fetch(path, { method, headers, body: raw || body === undefined ? body : JSON.stringify(body) });
  if (answer.status === 204) return null;
  const said = await answer.json().catch(() => ({}));
  if (!answer.ok) throw new Refusal(answer.status, said);
  return said;
}

const pause = (seconds) => new Promise((done) => setTimeout(done, seconds * 1000));

function size(bytes) {
  if (bytes < 1e6) return `${Math.max(1, Math.round(bytes / 1000))} kB`;
  return bytes < 1e9 ? `${(bytes / 1e6).toFixed(1)} MB` : `${(bytes / 1e9).toFixed(2)} GB`;
}

function left(seconds) {
  if (!Number.isFinite(seconds)) return "";
  return seconds < 50 ? "less than a minute left" : `about ${Math.round(seconds / 60)} min left`;
}

function hashed(file, report) {
  return new Promise((done, fail) => {
    const worker = new Worker("/static/sha256.js", { type: "module" });
    const end = (act) => { worker.terminate(); act(); };
    worker.onmessage = ({ data }) => {
      if (data.sha256) end(() => done(data.sha256));
      else if (data.failed) end(() => fail(new Refusal(0, { error: "The file cannot be read.", remedy: "It may have been moved or changed: choose it again." })));
      else report(data.done / file.size);
    };
    worker.onerror = () => end(() => fail(new Refusal(0, { error: "The file cannot be read.", remedy: "Choose it again." })));
    worker.postMessage(file);
  });
}

class Card {
  constructor(file, unfinished) {
    this.file = file;
    this.unfinished = unfinished;
    this.anyway = false;
    this.form = template.content.firstElementChild.cloneNode(true);
    this.part = (selector) => this.form.querySelector(selector);
    number += 1;
    const known = `known-${number}`;
    for (const element of this.form.querySelectorAll("#known-0")) element.id = known;
    for (const element of this.form.querySelectorAll('[aria-describedby="known-0"]')) element.setAttribute("aria-describedby", known);
    this.part("h2").textContent = file.name;
    this.part(".about").textContent = size(file.size);
    this.part(".drop-it").addEventListener("click", () => this.remove());
    this.form.addEventListener("submit", (event) => { event.preventDefault(); this.queue(); });
    this.form.elements.interview?.addEventListener("change", () => this.choose());
    this.form.elements.name?.addEventListener("change", () => this.recognise());
    this.form.elements.job?.addEventListener("change", () => this.recognise());
    for (const zone of this.form.querySelectorAll(".zone")) zone.hidden = true;
    if (unfinished) {
      this.interview = unfinished.interview;
      this.part(".details").hidden = true;
      this.say(`Stopped at ${Math.floor((100 * unfinished.received) / unfinished.size)} %; it goes on from there.`);
      this.part(".act button").textContent = "Go on";
    }
    this.choose();
  }

  /** Takes over what is likely the same as in the card before. */
  follow(before) {
    for (const name of ["job", "round", "held", "minutes", "vocabulary"]) {
      if (this.form.elements[name] && before.form.elements[name]) this.form.elements[name].value = before.form.elements[name].value;
    }
    for (const name of ["interviewers", "reviewers"]) {
      const ticked = new Set(Array.from(before.form.querySelectorAll(`[name=${name}]:checked`), (box) => box.value));
      for (const box of this.form.querySelectorAll(`[name=${name}]`)) box.checked = ticked.has(box.value);
    }
  }

  /** A round that is there already needs no details. */
  choose() {
    const select = this.form.elements.interview;
    const fresh = this.part(".new");
    if (fresh) fresh.hidden = Boolean(select?.value);
    const consent = select?.selectedOptions[0]?.dataset.consent;
    if (consent && consent !== "unknown") this.part(`[name=consent][value=${consent}]`).checked = true;
  }

  async recognise() {
    const name = this.form.elements.name.value.trim();
    const note = this.part(".known");
    if (!name) return;
    const found = await ask("GET", `/api/jobs/${this.form.elements.job.value}/candidate?name=${encodeURIComponent(name)}`).catch(() => null);
    note.classList.toggle("hit", Boolean(found));
    note.firstChild.textContent = found
      ? `${found.name} is known here (${found.interviews} so far): this becomes a further round. `
      : "This name is new in the opening. ";
  }

  say(text) {
    this.part(".going").hidden = false;
    this.part(".say").textContent = text;
  }

  share(part) {
    this.part("progress").value = Math.round(part * 1000) / 10;
  }

  fault(error, again) {
    const box = this.part(".fault");
    box.hidden = false;
    box.textContent = `${error.message} ${error.remedy ?? ""}`;
    if (error.interview) {
      const link = document.createElement("a");
      link.href = `/interviews/${encodeURIComponent(error.interview)}`;
      link.textContent = "Open its interview.";
      box.append(" ", link);
    }
    told.textContent = `${this.file.name}: ${error.message}`;
    this.part(".act").hidden = !again;
    this.part(".act button").textContent = again || "";
    this.part(".drop-it").hidden = false;
  }

  remove() {
    this.gone = true;
    this.form.remove();
    showAll();
  }

  /** What is missing, in words; an empty text where nothing is. */
  missing() {
    if (this.interview) return "";
    const at = this.form.elements;
    const picked = at.interview?.value;
    if (!this.part("[name=consent]:checked")) return "Say whether the candidate consented.";
    if (picked) return "";
    if (!at.name) return "Choose the interview that this file is of.";
    if (!at.name.value.trim()) return "Name the candidate.";
    if (!at.held.value) return "Say when the interview was held.";
    if (!this.part("[name=interviewers]:checked")) return "Say who held the interview.";
    return "";
  }

  queue() {
    if (this.busy) return;
    const missing = this.missing();
    this.part(".fault").hidden = true;
    if (missing) {
      this.fault({ message: missing }, this.part(".act button").textContent);
      return;
    }
    this.busy = true;
    this.part(".act").hidden = true;
    this.say(sending ? "Waits for the files before it." : "Begins.");
    waiting.push(this);
    work();
  }

  async send() {
    try {
      await this.deliver();
    } catch (error) {
      if (error.status === 409 && error.interview) {
        this.anyway = true;
        this.fault(error, "Upload it anyway");
      } else if (error.status === 401) this.fault({ message: "You are not signed in any more.", remedy: "Sign in in another tab, then go on." }, "Go on");
      else if (error instanceof Refusal && [400, 403, 404, 413, 422].includes(error.status)) this.fault(error, this.unfinished ? "" : "Try again");
      else if (error instanceof Refusal) this.fault(error, "Go on");
      else this.fault({ message: "The line dropped.", remedy: "What has arrived is kept." }, "Go on");
      if (error.status === 422) this.unfinished = null;
    }
    this.busy = false;
  }

  async deliver() {
    const file = this.file;
    const consent = this.interview ? "given" : this.part("[name=consent]:checked").value;
    let sha256 = this.sha256;
    if (consent === "given" && !sha256) {
      sha256 = this.sha256 = await hashed(file, (part) => { this.say(`Checking the file, ${Math.floor(part * 100)} %`); this.share(part); });
      if (!this.anyway && !this.interview) {
        const there = await ask("GET", `/api/uploads/known?sha256=${sha256}`);
        const picked = this.form.elements.interview?.value;
        if (there.interview && there.interview !== picked) {
          throw new Refusal(409, { error: "This recording is here already.", remedy: "", interview: there.interview });
        }
      }
    }
    await this.enrol(consent);
    if (consent !== "given") {
      this.end(consent === "refused" ? "Nothing was sent or analysed. The scorecard is filled by hand." : "Nothing was sent. Upload it once the candidate has consented.", "Open it");
      return;
    }
    const upload = await ask("POST", "/api/uploads", { interview: this.interview, name: file.name, size: file.size, sha256, anyway: this.anyway });
    await this.pieces(upload);
    this.say("Looking into the file.");
    const terms = (this.form.elements.vocabulary?.value ?? "").split(",").map((term) => term.trim().slice(0, 100)).filter(Boolean);
    const done = await ask("POST", `/api/uploads/${upload.id}/complete`, { vocabulary: terms.slice(0, 200) });
    this.end(done.queued ? "Sent. Its analysis is queued; Today shows how it goes." : "Sent.", "Open it");
  }

  /** The round: the one that was chosen, or a new one; made once, however often the rest is tried. */
  async enrol(consent) {
    if (this.interview) return;
    const at = this.form.elements;
    const option = at.interview?.selectedOptions[0];
    if (option?.value) {
      if (option.dataset.consent !== consent) {
        await ask("POST", `/api/rounds/${option.value}/consent`, { consent, version: Number(option.dataset.version) });
      }
      this.interview = option.value;
    } else {
      const ticked = (name) => Array.from(this.form.querySelectorAll(`[name=${name}]:checked`), (box) => box.value);
      const made = await ask("POST", "/api/rounds", {
        job: at.job.value, name: at.name.value, another: at.another.checked, round: at.round.value,
        held_at: new Date(at.held.value).toISOString(), minutes: Number(at.minutes.value) || 60,
        interviewers: ticked("interviewers"), reviewers: ticked("reviewers"), consent,
      });
      this.interview = made.id;
    }
    this.part(".details").hidden = true;
  }

  async pieces(upload) {
    const file = this.file;
    let at = upload.received;
    let tries = 0;
    const began = performance.now();
    const first = at;
    while (at < file.size) {
      this.share(at / file.size);
      const speed = (at - first) / ((performance.now() - began) / 1000);
      this.say(`${size(at)} of ${size(file.size)} sent. ${at > first ? left((file.size - at) / speed) : ""}`);
      try {
        const now = await ask("PUT", `/api/uploads/${upload.id}?at=${at}`, file.slice(at, at + PIECE));
        at = now.received;
        tries = 0;
      } catch (error) {
        if (error instanceof Refusal && ![400, 409, 502, 503, 504].includes(error.status)) throw error;
        tries += 1;
        if (error instanceof Refusal && tries > 3) throw error;
        const wait = Math.min(30, 2 ** (tries - 1));
        this.say(`The line dropped at ${size(at)}; trying again in ${wait} s.`);
        await Promise.race([pause(wait), new Promise((done) => addEventListener("online", done, { once: true }))]);
        const known = await ask("GET", `/api/uploads/${upload.id}`).catch((later) => { if (later instanceof Refusal && later.status !== 502) throw later; return null; });
        if (known) at = known.received;
      }
    }
    this.share(1);
  }

  end(text, link) {
    this.say(text);
    this.share(1);
    this.part("progress").hidden = true;
    this.part(".details").hidden = true;
    this.part(".fault").hidden = true;
    this.part(".act").hidden = true;
    this.part(".drop-it").hidden = true;
    const open = document.createElement("a");
    open.href = `/interviews/${encodeURIComponent(this.interview)}`;
    open.textContent = link;
    this.part(".say").append(" ", open);
    this.form.classList.add("done");
    this.done = true;
    told.textContent = `${this.file.name}: ${text}`;
  }
}

async function work() {
  if (sending) return;
  sending = true;
  while (waiting.length) {
    const card = waiting.shift();
    if (!card.gone) await card.send();
  }
  sending = false;
  showAll();
}

const open = [];

function showAll() {
  all.hidden = open.filter((card) => !card.gone && !card.done && !card.busy).length < 2;
}

const unfinished = JSON.parse(document.getElementById("unfinished").textContent);

function add(files) {
  for (const file of files) {
    const same = unfinished.find((known) => known.name === file.name && known.size === file.size);
    const card = new Card(file, same);
    const before = open.filter((each) => !each.gone).at(-1);
    if (before && !same) card.follow(before);
    open.push(card);
    cards.append(card.form);
    if (file.size === 0) card.fault({ message: "The file is empty (0 bytes).", remedy: "Export or download the recording again." }, "");
    else if (file.size > LARGEST) card.fault({ message: "The file is larger than 2 GB.", remedy: "Export the sound alone, or compress the recording." }, "");
    else if (same) card.queue();
    else card.part("select, input")?.focus();
  }
  showAll();
}

function localNow() {
  const at = new Date(Date.now() - 3600e3);
  return new Date(at.getTime() - at.getTimezoneOffset() * 60e3).toISOString().slice(0, 16);
}

drop.hidden = false;
document.getElementById("plain").hidden = true;
for (const field of template.content.querySelectorAll('[type="datetime-local"]')) field.setAttribute("value", localNow());
const picker = document.getElementById("files");
picker.addEventListener("change", () => { add(picker.files); picker.value = ""; });
all.querySelector("button").addEventListener("click", () => { for (const card of open) if (!card.gone && !card.done) card.queue(); });
for (const kind of ["dragover", "drop"]) {
  document.addEventListener(kind, (event) => {
    if (!event.dataTransfer?.types.includes("Files")) return;
    event.preventDefault();
    drop.classList.toggle("over", kind === "dragover");
    if (kind === "drop") add(event.dataTransfer.files);
  });
}
document.addEventListener("dragleave", (event) => { if (!event.relatedTarget) drop.classList.remove("over"); });
addEventListener("beforeunload", (event) => { if (sending) event.preventDefault(); });
