// What was said: the producer's words as they were typed, a long paste folded; the agent's as light Markdown.

import { el, letGo } from "../shared/dom.js";
import { markdown } from "./markdown.js";

const FOLD_LINES = 14;
const FOLD_CHARACTERS = 1600;

export function wordsNode(app, id, words) {
  if (words.by === "producer") return producerNode(app, id, words.text);
  return el("div", { class: "agent", role: "article", "aria-label": "Agent" }, markdown(words.text));
}

function producerNode(app, id, text) {
  const lines = text.split("\n");
  const long = lines.length > FOLD_LINES || text.length > FOLD_CHARACTERS;
  const open = app.unfolded.has(id);
  const shown = long && !open ? `${lines.slice(0, FOLD_LINES).join("\n").slice(0, FOLD_CHARACTERS)} …` : text;
  const fold = long && el("button", { class: "btn quiet small", "data-field": `fold-${id}`, "aria-expanded": open ? "true" : "false",
    onclick: (event) => {
      letGo(event);
      app.toggle(app.unfolded, id);
    } }, open ? "Show less" : `Show all ${lines.length > 1 ? `${lines.length} lines` : `${text.length} characters`}`);
  return el("div", { class: "producer", role: "article", "aria-label": "You" }, el("div", { class: "bubble" }, shown, fold));
}
