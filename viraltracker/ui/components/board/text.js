// The left of a row: number, who speaks, the name, the state in words, direction and text; in an open row also how the
// current take came to be, the note and the lock.

import { el, icon, colour, letGo } from "../shared/dom.js";
import { currentTake } from "./model.js";

export function textPart(app, row, open) {
  const who = colour(el("span", { class: "who" }, row.who), app.view.cast[row.who]);
  const name = el(
    "button",
    {
      class: "name",
      "data-field": "name",
      "data-keys": "through",
      "aria-expanded": open ? "true" : "false",
      onclick: () => {
        app.kept.set("at", row.id);
        app.toggleOpen(row.id);
      },
    },
    row.name,
  );
  const head = el(
    "div",
    { class: "row" },
    who,
    name,
    row.pace && el("span", { class: "pause" }, row.pace),
    el("span", { class: "grow" }),
    el("span", { class: "state" }, row.locked ? icon("lock", 11) : null, row.word),
  );
  return el(
    "div",
    { class: "said-what" },
    el("span", { class: "n" }, row.number),
    el(
      "div",
      { class: "words" },
      head,
      row.direction && el("div", { class: "dir" }, row.direction),
      el("div", { class: "text" }, (row.text ?? []).map((span) => spanNode(app, span))),
      open && madeLine(app, row),
      open && keepLine(app, row),
    ),
  );
}

const TAGS = { strong: "b", light: "em", ins: "ins", del: "del" };

function spanNode(app, span) {
  if (!span.kind || span.kind === "text") return span.text;
  if (span.kind === "who") return colour(el("span", { class: "who turn" }, span.text), app.view.cast[span.text]);
  if (span.kind === "pause" || span.kind === "tag") return el("span", { class: span.kind }, span.text);
  return el(TAGS[span.kind] ?? "span", {}, span.text);
}

function madeLine(app, row) {
  const made = currentTake(app, row)?.made;
  return made && el("div", { class: "meta made" }, made);
}

function keepLine(app, row) {
  const note = el("input", {
    class: "note",
    "data-field": "note",
    value: row.note ?? "",
    placeholder: "Add a note",
    "aria-label": `Note on ${row.name}`,
    maxlength: 2000,
    onchange: () => {
      if (note.value === (row.note ?? "")) return;
      app.send("note", { beat: row.id, text: note.value });
      app.guess(row.id, { note: note.value });
    },
    onkeydown: (event) => {
      if (event.key === "Enter" || event.key === "Escape") note.blur();
      event.stopPropagation();
    },
  });
  const lock = el(
    "button",
    {
      class: row.locked ? "btn quiet small on" : "btn quiet small",
      "aria-pressed": row.locked ? "true" : "false",
      "aria-keyshortcuts": "l",
      onclick: (event) => {
        letGo(event);
        toggleLock(app, row);
      },
    },
    icon("lock", 11),
    row.locked ? " Locked" : " Lock",
  );
  return el("div", { class: "row keep" }, note, app.view.makes ? lock : null);
}

export function toggleLock(app, row) {
  if (!app.view.makes) return app.say("A reviewer listens, stars, notes and picks. Ask a producer to lock it.");
  const on = !row.locked;
  app.send("lock", { beat: row.id, on });
  app.guess(row.id, on ? { locked: true, state: "locked", word: "locked" } : { locked: false, word: "unlocked" });
}
