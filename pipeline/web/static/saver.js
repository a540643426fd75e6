// Sends changes one after the other, each at the version that the last answer gave; asks where another window was quicker.
const csrf = document.querySelector('meta[name="csrf"]').content;

export async function post(address, body, { keepalive = false } = {}) {
  let answer;
  try {
    answer = await fetch(address, {
      method: "POST", keepalive, body: JSON.stringify(body),
      headers: { "Content-Type": "application/json", "X-CSRF-Token": csrf, Accept: "application/json" },
    });
  } catch {
    throw Object.assign(new Error("The server cannot be reached."), { status: 0, remedy: "What you wrote stays here; it is sent again in a moment." });
  }
  const found = await answer.json().catch(() => ({}));
  if (!answer.ok) throw Object.assign(new Error(found.error || "That failed."), { status: answer.status, remedy: found.remedy || "" });
  return found;
}

export class Saver {
  constructor({ review, version, interview }) {
    Object.assign(this, { review, version, interview });
    this.queue = Promise.resolve();
    this.known = null; // the review as this window last saw it
    this.waiting = 0;
    this.leaving = false; // the page is about to be loaded anew on purpose
    this.left = false; // somebody chose what another window had saved
    this.onSaved = async () => {};
    this.saved = document.getElementById("saved");
    addEventListener("beforeunload", (event) => { if (!this.leaving && (this.waiting || document.querySelector("[data-dirty]"))) event.preventDefault(); });
  }

  // sends one change; resolves to whether it was saved. ``theirs`` reads the competing value from a review, ``mine`` is ours in words
  change(act, body, { theirs = null, mine = "", quiet = false } = {}) {
    if (!quiet) { this.waiting += 1; this.say("Saving …"); }
    const done = this.queue.then(async () => {
      try { return await this.#send(act, body, theirs, mine, quiet); } finally { if (!quiet) this.waiting -= 1; }
    });
    this.queue = done.catch(() => {});
    return done;
  }

  say(text, wrong = false) {
    this.saved.textContent = text;
    this.saved.classList.toggle("wrong", wrong);
  }

  async #send(act, body, theirs, mine, quiet) {
    const before = this.known;
    this.left = false;
    for (let attempt = 0; attempt < 3; attempt += 1) {
      try {
        this.#take(await post(`/api/reviews/${this.review}/${act}`, { version: this.version, ...body }, { keepalive: quiet }));
        if (!quiet) this.say(`Saved ${new Date().toLocaleTimeString([], { hour: "2-digit", minute: "2-digit" })}`);
        if (act !== "spend" && !this.leaving) await this.onSaved();
        return true;
      } catch (error) {
        if (error.status === 0 && attempt < 2) {
          this.say(`${error.message} ${error.remedy}`, true);
          await new Promise((on) => { setTimeout(on, 3000); });
        } else if (error.status !== 409 || !(await this.#newer())) {
          if (!quiet) this.say(`${error.message} ${error.remedy}`, true);
          return false;
        } else if (theirs && String(theirs(this.known)) !== String(before ? theirs(before) : "") && String(theirs(this.known)) !== mine) {
          const keep = await this.#ask(String(theirs(this.known)) || "nothing", mine || "nothing");
          this.left = !keep;
          if (!keep) { this.say("Left as saved in the other window"); await this.onSaved(); return false; }
        }
      }
    }
    this.say("This could not be saved. Reload the page.", true);
    return false;
  }

  async load() {
    const answer = await fetch(`/api/reviews/${this.review}`, { headers: { Accept: "application/json" } });
    if (answer.ok) this.#take(await answer.json());
    return answer.ok;
  }

  async #newer() {
    const had = this.version;
    return (await this.load()) && this.version !== had;
  }

  #take(found) { this.version = found.version; this.known = found.review; }

  #ask(theirs, mine) {
    const dialog = document.getElementById("conflict");
    document.getElementById("conflict-what").textContent = "The same part of this review was changed in another window meanwhile. Nothing is lost: choose which one stays.";
    document.getElementById("conflict-theirs").textContent = theirs;
    document.getElementById("conflict-mine").textContent = mine;
    dialog.showModal();
    return new Promise((resolve) => {
      const end = (keep) => { dialog.close(); resolve(keep); };
      document.getElementById("take-mine").onclick = () => end(true);
      document.getElementById("take-theirs").onclick = () => end(false);
      dialog.oncancel = () => resolve(false);
    });
  }
}
