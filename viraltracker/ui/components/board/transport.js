// The bottom bar: play, where we are, the keys, how far the making is, and the two buttons for all beats at once: pick what
// is there, fill what is missing.

import { el, icon, letGo } from "../shared/dom.js";
import { running } from "../shared/sound.js";
import { cursor } from "./model.js";

export function transport(app) {
  const play = el("button", { class: "play big", "aria-keyshortcuts": "Space", onclick: (event) => {
    letGo(event);
    app.player.toggle();
  } });
  const title = el("b", { class: "what" });
  const where = el("div", { class: "meta num" });
  const making = el("div", { class: "row nowrap making" });
  const forAll = (kind, look) => el("button", { class: look, onclick: (event) => {
    letGo(event);
    app.busy.add(kind);
    app.send(kind);
    app.redraw();
  } });
  const best = forAll("pick-best", "btn");
  const fill = forAll("fill", "btn primary");
  const key = (...letters) => letters.map((letter) => el("kbd", {}, letter));
  const keys = el("span", { class: "meta keys" },
    el("span", {}, key("space"), " play"), el("span", {}, key("↑", "↓"), " beat"), el("span", {}, key("N"), " next"));
  const node = el("div", { class: "foot", role: "group", "aria-label": "Transport" },
    play, el("div", { class: "now" }, title, where), keys, el("span", { class: "grow" }), making, best, fill);
  const drawn = {};

  // Writes only what changed: this runs with every frame of a sound.
  function once(name, facts, write) {
    const text = JSON.stringify(facts);
    if (drawn[name] === text) return;
    drawn[name] = text;
    write();
  }
  function draw() {
    const { beat, playing, time_ms, share } = app.player.state;
    const row = (playing || share > 0) && app.rows.has(beat) ? app.rows.get(beat) : cursor(app);
    const here = (row?.starts_ms ?? 0) + (row?.id === beat ? time_ms : 0);
    once("play", playing, () => {
      play.replaceChildren(icon(playing ? "pause" : "play", 14));
      play.setAttribute("aria-label", playing ? "Pause" : "Play from here");
      play.classList.toggle("on", playing);
    });
    once("title", row && [row.number, row.name], () => {
      title.textContent = row ? `${row.number} ${row.name}` : "";
    });
    const text = row ? `${running(here)} of ${app.view.total ?? "0:00"}` : "";
    if (where.textContent !== text) where.textContent = text;
    once("making", app.view.progress ?? null, () => drawMaking(app, making));
    once("fill", app.view.fill ?? "", () => {
      fill.textContent = app.view.fill || "Nothing to fill";
    });
    once("best", app.view.best ?? "", () => {
      best.textContent = app.view.best ?? "";
      best.hidden = !app.view.best;
    });
    best.disabled = app.busy.has("pick-best");
    fill.hidden = !app.view.makes;
    fill.disabled = !app.view.fill || app.busy.has("fill");
    play.disabled = !app.view.beats.length;
  }
  return { node, draw };
}

function drawMaking(app, node) {
  const progress = app.view.progress;
  if (!progress) return node.replaceChildren();
  const percent = Math.round(progress.share * 100);
  const facts = { class: "progress", role: "progressbar", "aria-label": "Making takes", "aria-valuenow": percent,
    "aria-valuemin": 0, "aria-valuemax": 100 };
  const cancel = el("button", { class: "btn quiet", onclick: (event) => {
    letGo(event);
    app.send("cancel");
  } }, "Cancel");
  return node.replaceChildren(
    el("div", facts, el("i", { vars: { width: `${percent}%` } })),
    el("span", { class: "meta num" }, progress.text),
    cancel,
  );
}
