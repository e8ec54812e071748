// What a tool does or did: one line with its state, the facts behind it when asked for, takes to hear, ways to go.

import { el, icon, letGo } from "../shared/dom.js";
import { leaveOpen } from "../board/memory.js";

const MARKS = { done: "check", failed: "cross", denied: "dash", interrupted: "dash" };
const SAID = { working: "At work", waits: "Waits", done: "Done", failed: "Failed", denied: "Not done", interrupted: "Cut off" };

export function deedNode(app, id, deed) {
  const open = app.unfolded.has(id);
  const mark = MARKS[deed.state] ? icon(MARKS[deed.state], 12) : el("i", { class: "pulse" });
  const words = deed.detail
    ? el("button", { class: "plainly", "aria-expanded": open ? "true" : "false", "data-field": `detail-${id}`, onclick: (event) => {
      letGo(event);
      app.toggle(app.unfolded, id);
    } }, deed.words)
    : el("span", {}, deed.words);
  return el("div", { class: `deed ${deed.state}` },
    el("span", { class: "mark", role: "img", "aria-label": SAID[deed.state] }, mark),
    el("div", { class: "what" },
      el("div", { class: "row tight" }, words, (deed.ways ?? []).map((way) => wayNode(app, id, way)), deed.file && fileNode(deed.file)),
      deed.why && el("div", { class: "why" }, deed.why),
      open && deed.detail && el("pre", { class: "detail", tabindex: 0, "aria-label": "Facts" }, deed.detail),
      (deed.players ?? []).map((take) => app.players.node(take))));
}

function wayNode(app, id, way) {
  return el("button", { class: "way", "data-field": `way-${id}-${way.label}`, onclick: () => {
    if (way.beat) leaveOpen(way.session, way.beat);
    app.send("open", { place: way.place, session: way.session });
  } }, way.label);
}

function fileNode(file) {
  return el("a", { class: "way", href: file.href, download: true }, file.label);
}
