// The recording: play a place or exactly one passage, at a speed, without the silences.
export const clock = (seconds) => {
  const whole = Math.max(0, Math.floor(seconds));
  const hours = Math.floor(whole / 3600);
  const rest = `${String(Math.floor((whole % 3600) / 60)).padStart(hours ? 2 : 1, "0")}:${String(whole % 60).padStart(2, "0")}`;
  return hours ? `${hours}:${rest}` : rest;
};

export class Player {
  constructor(page) {
    this.audio = page.getElementById("audio");
    this.onTime = () => {};
    this.gaps = [];
    this.until = null;
    this.mark = null;
    this.timeline = page.getElementById("timeline");
    if (this.timeline) this.#setUpTimeline();
    if (!this.audio) return;
    page.body.classList.add("sound");
    this.audio.removeAttribute("controls");
    page.querySelector(".controls").hidden = false;
    this.button = page.getElementById("play");
    this.place = page.getElementById("clock");
    this.seekBar = page.getElementById("seek");
    this.heard = page.getElementById("heard");
    this.silence = page.getElementById("silence");
    this.button.addEventListener("click", () => this.toggle());
    page.getElementById("back5").addEventListener("click", () => this.skip(-5));
    page.getElementById("on5").addEventListener("click", () => this.skip(5));
    page.getElementById("speed").addEventListener("change", (event) => { this.audio.playbackRate = Number(event.target.value); });
    this.seekBar.addEventListener("input", () => { if (this.seconds) this.seek((this.seekBar.value / 1000) * this.seconds); });
    for (const name of ["play", "pause", "ended"]) this.audio.addEventListener(name, () => this.#state());
    for (const name of ["timeupdate", "seeked", "loadedmetadata"]) this.audio.addEventListener(name, () => this.#tick());
    this.audio.addEventListener("error", () => { this.heard.textContent = "The recording cannot be played here; the transcript stands below."; });
    this.#tick();
  }

  get seconds() {
    const own = this.audio?.duration;
    return Number.isFinite(own) ? own : Number(this.timeline?.dataset.seconds || 0);
  }

  get playing() { return Boolean(this.audio && !this.audio.paused); }

  toggle() {
    if (!this.audio) return;
    this.#release();
    if (this.audio.paused) this.#start(); else this.audio.pause();
  }

  skip(seconds) { if (this.audio) this.seek(this.audio.currentTime + seconds); }

  seek(seconds) {
    if (!this.audio) return;
    this.#release();
    this.#when(() => { this.audio.currentTime = Math.max(0, seconds); });
  }

  playFrom(seconds, says = "") {
    if (!this.audio) return;
    this.#release();
    this.heard.textContent = says;
    this.#when(() => { this.audio.currentTime = Math.max(0, seconds); this.#start(); });
  }

  // exactly that passage, with a second of what was said before and after it
  playPassage(start, end, element, says = "") {
    if (!this.audio) return;
    this.#release();
    this.mark = element;
    element?.classList.add("playing");
    this.heard.textContent = says;
    this.#when(() => { this.audio.currentTime = Math.max(0, start - 1); this.until = end + 1; this.#start(); });
  }

  #when(ready) {
    if (this.audio.readyState >= 1) { ready(); return; }
    this.audio.addEventListener("loadedmetadata", ready, { once: true });
    this.audio.load();
  }

  #start() {
    this.audio.play().catch(() => { this.heard.textContent = "This browser cannot play the recording."; });
  }

  #release() {
    this.until = null;
    this.mark?.classList.remove("playing");
    this.mark = null;
  }

  #state() {
    this.button.textContent = this.audio.paused ? "Play" : "Pause";
    this.button.setAttribute("aria-label", this.button.textContent);
    if (!this.audio.paused) this.#watch();
  }

  #watch() {
    const now = this.audio.currentTime;
    if (this.until !== null && now >= this.until) { this.audio.pause(); this.#release(); }
    if (this.silence.checked && !this.audio.paused) {
      const gap = this.gaps.find(([from, to]) => now >= from && now < to);
      if (gap) this.audio.currentTime = gap[1];
    }
    this.#tick();
    if (!this.audio.paused) requestAnimationFrame(() => this.#watch());
  }

  #tick() {
    const now = this.audio.currentTime;
    const all = this.seconds;
    this.place.textContent = `${clock(now)} / ${clock(all)}`;
    if (all) {
      this.seekBar.value = String(Math.round((now / all) * 1000));
      this.seekBar.setAttribute("aria-valuetext", clock(now));
      this.#needle(now / all);
    }
    this.onTime(now);
  }

  #needle(share) { document.getElementById("needle")?.setAttribute("x", String(share * 1000 - 1)); }

  #setUpTimeline() {
    this.timeline.addEventListener("click", (event) => {
      const band = event.target.closest("[data-t]");
      const box = this.timeline.getBoundingClientRect();
      const seconds = ((event.clientX - box.left) / box.width) * Number(this.timeline.dataset.seconds);
      if (this.audio && !band) { this.playFrom(seconds); return; }
      const turn = band ? document.getElementById(`t${band.dataset.t}`)
        : [...document.querySelectorAll(".turn[data-from]")].filter((each) => Number(each.dataset.from) <= seconds).pop();
      turn?.scrollIntoView({ block: "center" });
      if (this.audio && turn?.dataset.from) this.playFrom(Number(turn.dataset.from));
    });
  }
}
