// Plays the passage of a quote, with a second of context, from buttons that work only where there is a recording.
const LEAD = 1;
let sound = null;
let playing = null;
let until = 0;

function stop() {
  if (sound) sound.pause();
  if (playing) playing.firstChild.textContent = "Play";
  playing = null;
}

function begin(button) {
  const address = button.dataset.media;
  if (!sound || !sound.src.endsWith(address)) {
    if (sound) sound.pause();
    sound = new Audio(address);
    sound.addEventListener("timeupdate", () => { if (playing && sound.currentTime >= until) stop(); });
    sound.addEventListener("ended", stop);
    sound.addEventListener("error", () => {
      if (playing) playing.replaceChildren("No sound: open the transcript");
      playing = null;
    });
  }
  until = Number(button.dataset.end) + LEAD;
  sound.currentTime = Math.max(0, Number(button.dataset.start) - LEAD);
  playing = button;
  button.firstChild.textContent = "Stop";
  sound.play().catch(stop);
}

for (const button of document.querySelectorAll("button.play")) {
  button.hidden = false;
  button.addEventListener("click", () => {
    const again = playing === button;
    stop();
    if (!again) begin(button);
  });
}
