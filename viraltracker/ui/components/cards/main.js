// Cards with tables. They keep nothing of their own: a sheet that differs is drawn again, card by card.

import { el, colour, swap, letGo } from "../shared/dom.js";
import { hinted } from "../shared/hint.js";
import { letterbox } from "../shared/letterbox.js";
import { mounted } from "../shared/mount.js";

function cards(root) {
  const box = letterbox(root);
  const drawn = new Map();

  return {
    update({ data, setTriggerValue }) {
      box.update(setTriggerValue, data.receipt);
      const list = data.view.cards ?? [];
      const send = (facts) => box.send("clicked", facts);
      for (const [id, { node }] of drawn) {
        if (list.some((card) => card.id === id)) continue;
        node.remove();
        drawn.delete(id);
      }
      list.forEach((card, index) => {
        const facts = JSON.stringify(card);
        const old = drawn.get(card.id);
        let node = old?.node;
        if (old?.facts !== facts) {
          node = cardNode(card, send);
          if (old) swap(old.node, node);
          drawn.set(card.id, { facts, node });
        }
        if (root.children[index] !== node) root.insertBefore(node, root.children[index] ?? null);
      });
    },
    close: () => box.close(),
  };
}

function cardNode(card, send) {
  const rows = card.rows ?? [];
  const columns = card.columns ?? [];
  const titled = columns.some((column) => column.title);
  const heading = titled && el("thead", {}, el("tr", {}, columns.map((column) =>
    el("th", { class: column.kind ?? "words", vars: { width: column.width ?? "" } }, column.title ?? ""))));
  const table = rows.length > 0 && el("table", { "aria-label": card.title || null }, heading,
    el("tbody", {}, rows.map((row) => rowNode(card, columns, row, send))));
  return el("section", { class: "card", "data-card": card.id },
    card.title && el("h3", {}, card.title),
    table,
    !rows.length && card.nothing && el("p", { class: "meta nothing" }, card.nothing),
    card.note && el("p", { class: "meta note" }, card.note),
    card.actions && el("div", { class: "row below" }, card.actions.map((action) => actionNode(action, { card: card.id }, send, false))));
}

function rowNode(card, columns, row, send) {
  const facts = { card: card.id, row: row.id };
  const cells = row.cells ?? [];
  const node = el("tr", { "data-row": row.id }, cells.map((cell, index) =>
    cellNode(cell, columns[index] ?? {}, facts, send, index === 0 && row.opens)));
  if (row.opens) {
    node.classList.add("opens");
    node.addEventListener("click", (event) => {
      if (event.composedPath().some((step) => step.matches?.("button, a")) || String(getSelection())) return;
      send(facts);
    });
  }
  return node;
}

function cellNode(cell, column, facts, send, opens) {
  const words = cell.spans ? cell.spans.map(spanNode) : cell.text;
  let main = words && el("span", { class: classes(cell) }, words);
  if (main && cell.who) colour(main, cell.who);
  if (main && cell.tone) main.style.setProperty("--t", `var(--${cell.tone}-ink, var(--${cell.tone}))`);
  if (main && cell.href) main = el("a", { class: "btn quiet small", href: cell.href, download: true }, words);
  if (opens && main) {
    main = el("button", { class: "plainly", "aria-label": `${cell.text ?? ""}. ${opens}`, onclick: () => send(facts) }, main);
  }
  const field = (action) => `${facts.row}-${action.id}`;
  return el("td", { class: column.kind ?? "words" },
    cell.dot && el("i", { class: "dot", vars: { "--c": `var(--${cell.dot})` } }),
    main,
    cell.share !== undefined && cell.share !== null && bar(cell, column.title),
    cell.badge && badgeNode(cell.badge),
    (cell.actions ?? []).map((action) => actionNode(action, facts, send, true, field(action))),
    cell.sub && el("div", { class: "meta" }, cell.sub));
}

function classes(cell) {
  const names = [cell.who ? "who" : "words"];
  if (cell.strong) names.push("strong");
  if (cell.faint) names.push("meta");
  if (cell.tone) names.push("toned");
  return names.join(" ");
}

function spanNode(span) {
  const kinds = { strong: "b", tag: "code", light: "small" };
  return kinds[span.kind] ? el(kinds[span.kind], {}, span.text) : span.text;
}

function badgeNode({ word, tone, reasons }) {
  return hinted(el("span", { class: "q", vars: { "--qc": `var(--${tone})`, "--qi": `var(--${tone}-ink)` } }, word), reasons ?? []);
}

function bar(cell, title = "Progress") {
  const percent = Math.round(cell.share * 100);
  const facts = { class: "progress", role: "progressbar", "aria-label": title, "aria-valuenow": percent, "aria-valuemin": 0,
    "aria-valuemax": 100 };
  return el("div", { ...facts, vars: { "--c": `var(--${cell.tone ?? "generating"})` } }, el("i", { vars: { width: `${percent}%` } }));
}

function actionNode(action, facts, send, small, field) {
  const look = [action.quiet ? "btn quiet" : "btn", small ? "small" : ""].join(" ").trim();
  return el("button", { class: look, "data-field": field, onclick: (event) => {
    letGo(event);
    send({ ...facts, action: action.id });
  } }, action.label);
}

export default mounted(cards);
