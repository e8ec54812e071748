// The rows of the board, patched in place: a row's parts are made again only when what they show has changed.

import { el, swap } from "../shared/dom.js";
import { shown, currentTake, otherTake } from "./model.js";
import { textPart } from "./text.js";
import { takesPart } from "./takes.js";
import { revisePart } from "./revise.js";

const PARTS = [
  ["text", textPart],
  ["takes", takesPart],
  ["revise", revisePart],
];

export function patchRows(app) {
  const rows = shown(app);
  const wanted = new Set(rows.map((row) => row.id));
  const there = new Map();
  for (const node of [...app.list.children]) {
    if (node.dataset.beat && wanted.has(node.dataset.beat)) there.set(node.dataset.beat, node);
    else node.remove();
  }
  let place = app.list.firstElementChild;
  for (const row of rows) {
    const node = there.get(row.id) ?? bare(app, row.id);
    patch(app, node, row);
    if (node === place) place = place.nextElementSibling;
    else app.list.insertBefore(node, place);
  }
  if (!rows.length) app.list.append(el("p", { class: "nothing" }, emptyWords(app)));
}

function emptyWords(app) {
  if (app.view.beats.length) return "No beat is like that. Esc shows all of them again.";
  return app.view.nothing ?? "No beats yet. Paste a script on the Script page.";
}

function bare(app, id) {
  const node = el("div", { class: "beat", role: "listitem", "data-beat": id }, el("div", { class: "stripe" }));
  node.parts = {};
  node.addEventListener("focusin", () => {
    app.kept.set("at", id);
    markCursor(app);
  });
  node.addEventListener("click", (event) => {
    const held = event.composedPath().some((step) => step.matches?.("button, input, label, a, .takes, .revise, .q"));
    if (held || String(getSelection())) return;
    app.kept.set("at", id);
    toggleOpen(app, id);
  });
  return node;
}

export function toggleOpen(app, id, on = app.kept.get("open") !== id) {
  app.kept.set("open", on ? id : null);
  app.redraw();
}

function patch(app, node, row) {
  const open = app.kept.get("open") === row.id;
  node.classList.toggle("open", open);
  node.style.setProperty("--c", `var(--${row.state})`);
  node.style.setProperty("--ci", `var(--${row.state}-ink)`);
  for (const [name, make] of PARTS) {
    const facts = JSON.stringify(factsOf[name](app, row, open));
    const old = node.parts[name];
    if (old?.facts === facts) continue;
    const fresh = make(app, row, open);
    if (old) swap(old.node, fresh);
    else node.append(fresh);
    node.parts[name] = { facts, node: fresh };
  }
}

const factsOf = {
  text: (app, row, open) => [
    open, row.number, row.who, row.name, row.pace, row.state, row.word, row.direction, row.text,
    open && [row.locked, row.note, currentTake(app, row)?.made, app.busy.has(row.id)],
  ],
  takes: (app, row, open) => [
    open, row.takes, row.selected, row.progress, row.problem, row.generate, row.more, row.locked, app.busy.has(row.id),
    currentTake(app, row)?.id, open && otherTake(app, row)?.id,
  ],
  revise: (app, row, open) => open && [row.revise, row.locked, app.view.paces[row.who], app.busy.has(row.id)],
};

export function markPlaying(app) {
  const { take, playing, share } = app.player.state;
  for (const node of app.list.querySelectorAll(".take.loaded")) {
    if (node.dataset.take === take) continue;
    node.classList.remove("on", "loaded");
    node.showIdle();
  }
  for (const node of take ? app.list.querySelectorAll(`[data-take="${CSS.escape(take)}"]`) : []) {
    node.classList.add("loaded");
    node.classList.toggle("on", playing);
    node.style.setProperty("--played", `${(share * 100).toFixed(2)}%`);
    node.showClock(playing || share > 0 ? app.player.state.time_ms : null);
    node.showPlaying(playing);
  }
}

export function markCursor(app) {
  const at = app.kept.get("at");
  for (const node of app.list.querySelectorAll(".beat.at")) {
    if (node.dataset.beat !== at) node.classList.remove("at");
  }
  if (at) rowNode(app, at)?.classList.add("at");
}

export function rowNode(app, id) {
  return app.list.querySelector(`[data-beat="${CSS.escape(id)}"]`);
}

export function goTo(app, id, focus = true) {
  app.kept.set("at", id);
  markCursor(app);
  const node = rowNode(app, id);
  if (!node) return;
  node.scrollIntoView({ block: "nearest" });
  if (focus) node.querySelector(".name")?.focus({ preventScroll: true });
}
