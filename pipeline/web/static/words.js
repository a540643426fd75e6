// Every word's time: a click on a word plays from it, the spoken word is highlighted. Words are never elements of their own:
// their places in the text are known, and the browser highlights ranges of it.
const WAIT = 0.7; // a silence is at least this long, in seconds

export class Words {
  constructor(interview, player) {
    this.interview = interview;
    this.player = player;
    this.list = []; // { turn, from, to, start, end } in spoken order; from and to are places in the turn's text
    this.byTurn = new Map();
    this.spoken = null;
    this.turn = null;
    this.follow = document.getElementById("follow");
    this.turns = [...document.querySelectorAll(".turn[data-from]")]
      .map((element) => ({ element, from: Number(element.dataset.from), to: Number(element.dataset.to || 0) }));
    document.getElementById("talk").addEventListener("click", (event) => this.#click(event));
    this.#silences(this.turns.map((each) => [each.from, each.to]));
  }

  async load() {
    const answer = await fetch(`/api/interviews/${this.interview}/words`);
    if (!answer.ok) return;
    const found = await answer.json();
    let index = 0;
    let centi = 0;
    const unsure = new Set(found.p);
    const doubtful = [];
    found.t.forEach((turn, number) => {
      let place = 0;
      const words = [];
      for (let count = 0; count < found.n[number]; count += 1, index += 1) {
        const from = place + found.g[index];
        place = from + found.l[index];
        centi += found.s[index];
        const word = { turn, from, to: place, start: centi / 100, end: (centi + found.d[index]) / 100 };
        words.push(word);
        if (unsure.has(index)) doubtful.push(word);
      }
      this.byTurn.set(turn, words);
      this.list.push(...words);
    });
    this.list.sort((a, b) => a.start - b.start);
    if (this.list.length) {
      document.body.classList.add("timed");
      this.#silences(this.list.map((word) => [word.start, word.end]));
    }
    this.#highlight("unsure", doubtful);
    if (this.player.audio) this.at(this.player.audio.currentTime);
  }

  // marks what is said at that moment
  at(seconds) {
    if (!this.player.audio || (seconds === 0 && !this.player.playing)) return;
    const word = this.#wordAt(seconds);
    if (word !== this.spoken) { this.spoken = word; this.#highlight("now", word ? [word] : []); }
    const turn = this.turns.findLast((each) => each.from <= seconds && seconds < Math.max(each.to, each.from + 0.1))?.element ?? null;
    if (turn === this.turn) return;
    this.turn?.classList.remove("now");
    this.turn = turn;
    if (!turn) return;
    turn.classList.add("now");
    if (this.player.playing && this.follow?.checked) this.#centre(turn);
  }

  show(number) {
    const turn = document.getElementById(`t${number}`);
    if (turn) this.#centre(turn);
    return turn;
  }

  // the numbers of the first and last word in a turn that a selection touches, counted between blanks as the server counts
  touched(turn, range) {
    const text = turn.querySelector(".text");
    const before = document.createRange();
    before.selectNodeContents(text);
    before.setEnd(range.startContainer, range.startOffset);
    const from = before.toString().length;
    before.setEnd(range.endContainer, range.endOffset);
    const to = before.toString().length;
    const places = [...text.textContent.matchAll(/[^ \t\r\n\u00a0]+/g)].map((match) => [match.index, match.index + match[0].length]);
    const first = places.findIndex(([, end]) => end > from);
    const last = places.findLastIndex(([start]) => start < to);
    if (first < 0 || last < first) return null;
    return { first, last, quote: text.textContent.slice(places[first][0], places[last][1]) };
  }

  #wordAt(seconds) {
    let low = 0;
    let high = this.list.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (this.list[middle].start <= seconds) low = middle + 1; else high = middle;
    }
    const word = this.list[low - 1];
    return word && seconds < word.end + 0.4 ? word : null;
  }

  #range(word) {
    const text = document.getElementById(`t${word.turn}`)?.querySelector(".text");
    if (!text) return null;
    const walker = document.createTreeWalker(text, NodeFilter.SHOW_TEXT);
    const range = document.createRange();
    let place = 0;
    let begun = false;
    for (let node = walker.nextNode(); node; node = walker.nextNode()) {
      const end = place + node.data.length;
      if (!begun && word.from < end) { range.setStart(node, word.from - place); begun = true; }
      if (begun && word.to <= end) { range.setEnd(node, word.to - place); return range; }
      place = end;
    }
    return null;
  }

  #highlight(name, words) {
    if (!CSS.highlights) return; // an older browser marks the turn alone
    const ranges = words.map((word) => this.#range(word)).filter(Boolean);
    if (ranges.length) CSS.highlights.set(name, new Highlight(...ranges)); else CSS.highlights.delete(name);
  }

  #click(event) {
    const time = event.target.closest(".time");
    if (time) {
      const turn = time.closest(".turn");
      if (!this.player.audio || !turn.dataset.from) return;
      event.preventDefault();
      this.player.playFrom(Number(turn.dataset.from), time.textContent);
      return;
    }
    const text = event.target.closest(".text");
    if (!text || !getSelection().isCollapsed) return;
    const at = this.#caret(event);
    const turn = text.closest(".turn");
    if (at === null || !this.player.audio) return;
    const before = document.createRange();
    before.selectNodeContents(text);
    before.setEnd(at.node, at.offset);
    const place = before.toString().length;
    const word = (this.byTurn.get(Number(turn.dataset.t)) ?? []).find((each) => place <= each.to);
    if (word) this.player.playFrom(word.start);
    else if (turn.dataset.from) this.player.playFrom(Number(turn.dataset.from));
  }

  #caret(event) {
    if (document.caretPositionFromPoint) {
      const found = document.caretPositionFromPoint(event.clientX, event.clientY);
      return found && { node: found.offsetNode, offset: found.offset };
    }
    const range = document.caretRangeFromPoint?.(event.clientX, event.clientY);
    return range ? { node: range.startContainer, offset: range.startOffset } : null;
  }

  #silences(spans) {
    const gaps = [];
    let end = 0;
    for (const [from, to] of [...spans].sort((a, b) => a[0] - b[0])) {
      if (from - end > WAIT) gaps.push([end + 0.15, from - 0.15]);
      end = Math.max(end, to);
    }
    this.player.gaps = gaps;
  }

  #centre(turn) {
    const pane = turn.closest(".pane");
    if (pane.scrollHeight <= pane.clientHeight + 4) { turn.scrollIntoView({ block: "center" }); return; }
    const inside = pane.getBoundingClientRect();
    const box = turn.getBoundingClientRect();
    pane.scrollTop += box.top - inside.top - Math.max(140, (inside.height - box.height) / 2);
  }
}
