// The sheet of shortcuts.

import { el } from "../shared/dom.js";

const SHEET = [
  ["Listen", [
    ["space", "play from this beat, pause, go on"],
    ["A", "compare with the other take, equally loud"],
  ]],
  ["Move", [
    ["↑ ↓", "beat before, beat after"],
    ["N", "next beat that needs you"],
    ["Enter", "open and close the beat"],
    ["/", "search"],
    ["Esc", "show all again, close the beat"],
  ]],
  ["Decide", [
    ["1 – 9", "pick that take"],
    ["S", "star the take"],
    ["L", "lock and unlock the beat"],
    ["R", "another take, with what you changed"],
    ["U", "undo"],
  ]],
];

export function helpSheet() {
  const close = el("button", { class: "btn quiet", onclick: () => node.close() }, "Close ", el("kbd", {}, "Esc"));
  const node = el(
    "dialog",
    { class: "help", "aria-label": "Shortcuts", onclick: (event) => event.target === node && node.close() },
    el("div", { class: "row" }, el("h2", {}, "Shortcuts"), el("span", { class: "grow" }), close),
    SHEET.map(([title, lines]) =>
      el("section", {}, el("h3", {}, title), lines.map(([keys, words]) =>
        el("div", { class: "line" }, el("span", {}, keys.split(" ").map((one) =>
          one === "–" ? " – " : el("kbd", {}, one))), el("span", {}, words))))),
  );
  return {
    node,
    get open() {
      return node.open;
    },
    toggle() {
      if (node.open) node.close();
      else node.showModal();
    },
  };
}
