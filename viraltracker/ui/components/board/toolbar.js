// Filter chips, the search field, the way to the shortcuts.

import { el, letGo } from "../shared/dom.js";
import { shown } from "./model.js";

export function toolbar(app) {
  const chips = el("div", { class: "chips", role: "group", "aria-label": "Show" });
  const count = el("span", { class: "meta", "aria-live": "polite" });
  const field = el("input", {
    type: "search",
    class: "search",
    placeholder: "Search text, name, note",
    "aria-label": "Search text, name, note",
    "aria-keyshortcuts": "/",
    oninput: () => {
      app.kept.set("query", field.value);
      app.redraw();
    },
    onkeydown: (event) => {
      if (event.key === "Escape") field.value ? clear() : field.blur();
      else if (event.key === "Enter" || event.key === "ArrowDown") app.list.querySelector(".beat .name")?.focus();
      else return;
      event.stopPropagation();
      event.preventDefault();
    },
  });
  const help = el("button", { class: "meta plain", onclick: () => app.help.toggle() }, "Shortcuts ", el("kbd", {}, "?"));
  const undo = el("button", { class: "meta plain undo", "aria-keyshortcuts": "u", onclick: (event) => {
    letGo(event);
    app.send("undo");
  } }, "Undo ", el("kbd", {}, "U"));
  const searchBox = el("label", { class: "searchbox" }, field, el("kbd", { "aria-hidden": "true" }, "/"));
  const node = el("div", { class: "bar" }, chips, el("span", { class: "grow" }), count, undo, searchBox, help);
  let drawn = "";

  function clear() {
    field.value = "";
    app.kept.set("query", "");
    app.redraw();
  }
  function draw() {
    const chosen = app.kept.get("filter");
    const facts = JSON.stringify([app.view.filters, chosen]);
    if (facts !== drawn) {
      drawn = facts;
      chips.replaceChildren(...app.view.filters.map((filter) => chip(app, filter, filter.id === chosen)));
    }
    undo.hidden = !app.view.undo;
    undo.title = app.view.undo ? `Undo: ${app.view.undo}` : "";
    if (field.getRootNode().activeElement !== field) field.value = app.kept.get("query");
    const some = chosen !== "all" || app.kept.get("query");
    count.textContent = some ? `${shown(app).length} of ${app.view.beats.length}` : "";
  }
  return { node, draw, clear, focus: () => field.select() };
}

function chip(app, filter, on) {
  const dot = filter.state && el("i", { class: "dot", vars: { "--c": `var(--${filter.state})` } });
  const choose = (event) => {
    letGo(event);
    app.kept.set("filter", on ? "all" : filter.id);
    app.redraw();
  };
  return el("button", { class: on ? "chip on" : "chip", "aria-pressed": on, onclick: choose }, dot, filter.label);
}
