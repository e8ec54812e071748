// The little Markdown that models write: paragraphs, lists, code, bold, light. Every word is set as text; a link stays words.

import { el } from "../shared/dom.js";

const FENCE = /^\s*```/;
const ITEM = /^(\s*)(?:[-*+•]|(\d+)[.)])\s+(.*)$/;
const HEADING = /^#{1,6}\s+(.*)$/;
const TABLE = /^\s*\|.*\|\s*$/;
const INLINE = /`([^`\n]+)`|\*\*([^\n]+?)\*\*|\*([^*\s](?:[^*\n]*[^*\s])?)\*/g;

export function markdown(text) {
  const rows = text.replace(/\s+$/, "").split("\n");
  const blocks = [];
  let at = 0;
  const take = (fits) => {
    const from = at;
    while (at < rows.length && fits(rows[at])) at += 1;
    return rows.slice(from, at);
  };
  while (at < rows.length) {
    const row = rows[at];
    if (!row.trim()) at += 1;
    else if (FENCE.test(row)) {
      at += 1;
      blocks.push(codeBlock(take((next) => !FENCE.test(next))));
      at += 1;
    } else if (TABLE.test(row)) blocks.push(codeBlock(take((next) => TABLE.test(next))));
    else if (ITEM.test(row)) blocks.push(listBlock(take((next) => ITEM.test(next) || /^\s+\S/.test(next))));
    else if (HEADING.test(row)) {
      blocks.push(el("p", {}, el("b", {}, inline(HEADING.exec(row)[1]))));
      at += 1;
    } else blocks.push(paragraph(take((next) => isPlain(next))));
  }
  return blocks;
}

function isPlain(row) {
  return row.trim() !== "" && ![FENCE, TABLE, ITEM, HEADING].some((shape) => shape.test(row));
}

function codeBlock(rows) {
  return el("pre", { tabindex: 0 }, el("code", {}, rows.join("\n")));
}

function paragraph(rows) {
  return el("p", {}, rows.flatMap((row, index) => (index ? [el("br"), ...inline(row)] : inline(row))));
}

function listBlock(rows) {
  const items = [];
  for (const row of rows) {
    const found = ITEM.exec(row);
    if (found) items.push({ deep: found[1].length > 1, words: [found[3]] });
    else items.at(-1).words.push(row.trim());
  }
  const first = ITEM.exec(rows[0])[2];
  return el(first ? "ol" : "ul", { start: first ?? null }, items.map(({ deep, words }) =>
    el("li", { class: deep ? "deep" : null }, inline(words.join(" ")))));
}

export function inline(text) {
  const parts = [];
  let from = 0;
  for (const found of text.matchAll(INLINE)) {
    if (found.index > from) parts.push(text.slice(from, found.index));
    const [whole, code, bold, light] = found;
    if (code) parts.push(el("code", {}, code));
    else if (bold) parts.push(el("b", {}, inline(bold)));
    else parts.push(el("i", {}, light));
    from = found.index + whole.length;
  }
  if (from < text.length) parts.push(text.slice(from));
  return parts;
}
