(() => {
  const audio = document.querySelector("audio");
  const said = document.getElementById("now");
  const turns = [...document.querySelectorAll(".turn[data-from]")].map((turn) => ({
    turn, from: Number(turn.dataset.from), to: Number(turn.dataset.to),
  }));
  let until = null;
  let playing = null;
  let marked = null;

  const mark = (turn) => {
    if (turn === marked) return;
    if (marked) marked.classList.remove("now");
    if (turn) turn.classList.add("now");
    marked = turn;
  };
  const rest = () => {
    until = null;
    if (playing) playing.classList.remove("playing");
    playing = null;
  };
  const watch = () => {
    if (until !== null && audio.currentTime >= until) {
      audio.pause();
      rest();
    }
    if (!audio.paused) requestAnimationFrame(watch);
  };
  const follow = () => {
    const at = turns.find((each) => each.from <= audio.currentTime && audio.currentTime < each.to);
    mark(at ? at.turn : null);
    watch();
  };
  const centre = (turn) => {  // moves the transcript beside the scorecard, not the page
    const pane = turn.closest(".pane");
    const inside = pane.getBoundingClientRect();
    const at = turn.getBoundingClientRect();
    pane.scrollTop += at.top - inside.top - Math.max(0, inside.height - at.height) / 2;
  };
  const play = (link) => {
    rest();
    playing = link;
    link.classList.add("playing");
    said.textContent = link.dataset.says;
    const begin = () => {
      audio.currentTime = Math.max(0, Number(link.dataset.start) - 1);
      until = Number(link.dataset.end);
      audio.play().catch(() => { said.textContent = "This browser cannot play the recording."; });
    };
    if (audio.readyState >= 1) begin();
    else { audio.addEventListener("loadedmetadata", begin, { once: true }); audio.load(); }
  };

  document.addEventListener("click", (event) => {
    const link = event.target.closest("a[data-start]");
    if (!link || event.ctrlKey || event.metaKey || event.shiftKey) return;
    const turn = document.getElementById(link.hash.slice(1));
    if (!audio) return;
    event.preventDefault();
    if (link === playing && !audio.paused) { audio.pause(); rest(); return; }
    if (turn && matchMedia("(min-width: 1080px)").matches) centre(turn);
    play(link);
  });
  if (!audio) return;
  audio.addEventListener("play", () => requestAnimationFrame(watch));
  audio.addEventListener("timeupdate", follow);
  audio.addEventListener("ended", rest);
  audio.addEventListener("error", () => { said.textContent = "The recording cannot be found or played here; the times still hold."; });
})();
