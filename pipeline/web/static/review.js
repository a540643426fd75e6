// The review page: brings its parts together. Without script every form works by itself; this makes it quick.
import { Player } from "./player.js";
import { Words } from "./words.js";
import { Saver } from "./saver.js";
import { Scores } from "./scores.js";
import { setUpFixes } from "./fixes.js";
import { setUpKeys } from "./keys.js";
import { setUpSelection } from "./selection.js";

const root = document.getElementById("review");
const { interview, review, version, state } = root.dataset;
document.body.classList.add("scripted");

const player = new Player(document);
const words = root.dataset.talk ? new Words(interview, player) : null;
const saver = review ? new Saver({ review, version: Number(version), interview }) : null;
const scores = new Scores({ saver, player, words, interview, editable: state === "draft" });

player.onTime = (seconds) => words?.at(seconds);
if (words) words.load();
if (root.dataset.talk) setUpFixes({ interview });
if (saver && state === "draft") setUpSelection({ words, scores, saver });
setUpKeys({ player, scores, saver });
if (words && location.hash.startsWith("#t")) words.show(Number(location.hash.slice(2)));
