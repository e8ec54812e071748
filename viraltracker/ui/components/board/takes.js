// The right of a row: its takes, or why there is none yet.

import { el, icon, letGo } from "../shared/dom.js";
import { hinted } from "../shared/hint.js";
import { waveform } from "../shared/wave.js";
import { running } from "../shared/sound.js";
import { currentTake, otherTake, playable, takeOf } from "./model.js";

export function takesPart(app, row, open) {
  const parts = [row.progress && progressLine(row.progress), row.problem && problemLines(app, row)];
  const list = open ? row.takes : [currentTakeOfClosed(app, row)].filter(Boolean);
  parts.push(...list.map((take) => takeNode(app, row, take, open)));
  if (row.generate) parts.push(el("div", { class: "row" }, generateButton(app, row)));
  if (open && row.takes.length) parts.push(keyHints(app, row));
  else if (row.more) parts.push(el("div", { class: "meta more" }, row.more));
  return el("div", { class: "takes" }, parts);
}

function currentTakeOfClosed(app, row) {
  if (row.progress && !row.selected) return undefined;
  return takeOf(row, row.selected) ?? currentTake(app, row);
}

function takeNode(app, row, take, open) {
  const selected = row.selected === take.id;
  const classes = ["take"];
  if (selected) classes.push(take.stale ? "sel stale" : "sel");
  else if (open && otherTake(app, row)?.id === take.id && row.takes.length > 1) classes.push("b");
  if (open && currentTake(app, row)?.id === take.id) classes.push("now");
  const clock = el("span", { class: "t" }, take.clock);
  const play = el("button", { class: "play", disabled: !playable(take), onclick: (event) => {
    letGo(event);
    app.player.toggleTake(row.id, take.id);
  } });
  const wave = waveform(take.peaks);
  wave.addEventListener("click", (event) => {
    const box = wave.getBoundingClientRect();
    app.player.seekTake(row.id, take.id, (event.clientX - box.left) / box.width);
  });
  const node = el(
    "div",
    { class: classes.join(" "), role: "group", "aria-label": `Take ${take.number}, ${take.clock}`, "data-take": take.id },
    play,
    pickButton(app, row, take, selected),
    wave,
    clock,
    take.badge && badge(take.badge),
    starButton(app, row, take),
  );
  node.showClock = (ms) => {
    const text = ms === null ? take.clock : `${running(ms)} / ${take.clock.replace(/^0:0?/, "")}`;
    if (clock.textContent !== text) clock.textContent = text;
  };
  let drawn = null;
  node.showPlaying = (playing) => {
    if (drawn === playing) return;
    drawn = playing;
    play.replaceChildren(icon(playing ? "pause" : "play", 11));
    play.classList.toggle("on", playing);
    play.setAttribute("aria-label", `${playing ? "Pause" : "Play"} take ${take.number}`);
  };
  node.showIdle = () => {
    node.showPlaying(false);
    node.showClock(null);
    node.style.removeProperty("--played");
  };
  node.showPlaying(false);
  return node;
}

function pickButton(app, row, take, selected) {
  const words = selected ? `Unpick take ${take.number}` : `Pick take ${take.number}`;
  return el(
    "button",
    {
      class: "id",
      "data-field": `pick-${take.id}`,
      title: words,
      "aria-label": words,
      "aria-pressed": selected ? "true" : "false",
      disabled: row.locked || !playable(take),
      onclick: (event) => {
        letGo(event);
        pick(app, row, take);
      },
    },
    el("span", {}, String(take.number)),
    icon("check", 12),
  );
}

export function pick(app, row, take) {
  if (row.locked) return app.say("This beat is locked. L unlocks it.");
  if (!playable(take)) return undefined;
  app.heard.set(row.id, take.id);
  if (row.selected === take.id) {
    app.send("unpick", { beat: row.id });
    return app.guess(row.id, { selected: null, state: "review", word: "to review" });
  }
  app.send("pick", { beat: row.id, take: take.id });
  app.say(`Take ${take.number} of ${row.name} picked`, false);
  const now = take.stale ? {} : { state: "picked", word: "picked" };
  return app.guess(row.id, { selected: take.id, ...now });
}

function badge({ word, tone, reasons }) {
  const node = el("span", { class: "q", vars: { "--qc": `var(--${tone})`, "--qi": `var(--${tone}-ink)` } }, word);
  return hinted(node, reasons ?? []);
}

function starButton(app, row, take) {
  return el(
    "button",
    {
      class: take.starred ? "star on" : "star",
      "data-field": `star-${take.id}`,
      "aria-pressed": take.starred ? "true" : "false",
      "aria-label": `Star take ${take.number}`,
      onclick: (event) => {
        letGo(event);
        toggleStar(app, row, take);
      },
    },
    icon("star", 14),
  );
}

export function toggleStar(app, row, take) {
  if (!take) return;
  const on = !take.starred;
  app.send("star", { take: take.id, on });
  app.guess(row.id, { takes: row.takes.map((one) => (one.id === take.id ? { ...one, starred: on } : one)) });
}

function progressLine({ share, text }) {
  const percent = Math.round(share * 100);
  const facts = { class: "progress", role: "progressbar", "aria-label": text, "aria-valuenow": percent, "aria-valuemin": 0,
    "aria-valuemax": 100 };
  return el("div", { class: "making" }, el("div", facts, el("i", { vars: { width: `${percent}%` } })), el("div", { class: "meta" }, text));
}

function problemLines(app, row) {
  const buttons = (row.problem.actions ?? []).map((action) =>
    el("button", { class: action.quiet ? "btn quiet" : "btn", onclick: (event) => {
      letGo(event);
      app.send("act", { beat: row.id, action: action.id });
    } }, action.label));
  return el("div", { class: "problem" }, el("div", { class: "why" }, row.problem.message), el("div", { class: "row" }, buttons));
}

function generateButton(app, row) {
  const waits = app.busy.has(row.id);
  return el("button", { class: "btn", disabled: waits, "data-field": "generate", onclick: (event) => {
    letGo(event);
    generate(app, row);
  } }, waits ? "Asked…" : row.generate);
}

export function generate(app, row) {
  app.busy.add(row.id);
  app.send("generate", { beats: [row.id] });
  app.redraw();
}

function keyHints(app, row) {
  const key = (letter) => el("kbd", {}, letter);
  const hint = (...words) => el("span", { class: "meta" }, words);
  const last = Math.min(9, row.takes.at(-1)?.number ?? 1);
  const first = row.takes[0]?.number ?? 1;
  const now = currentTake(app, row);
  const other = otherTake(app, row);
  return el(
    "div",
    { class: "row hints" },
    !row.locked && (first < last ? hint(key(String(first)), "–", key(String(last)), " pick") : hint(key(String(first)), " pick")),
    other && hint(key("A"), ` compare ${now.number} with ${other.number}, matched loudness`),
    !row.locked && hint(key("R"), " again"),
  );
}
