// The script editor: a plain textarea over a mirror of its text that carries the colours. The browser keeps everything an
// editor must have (undo, IME, selection, accessibility), and typing never waits for Python.

import { el } from "../shared/dom.js";
import { letterbox } from "../shared/letterbox.js";
import { mounted, fillWindow } from "../shared/mount.js";
import { mirror } from "./mirror.js";
import { paper } from "./paper.js";
import { pointOf, indexOf, splice } from "./places.js";

const PAUSE_MS = 300;
// A letter sent while another place is on its way names this one, and would bring it back.
const LEAVING_MS = 3000;

function editor(root) {
  const box = letterbox(root);
  const sheet = el("div", { class: "sheet" });
  const scroller = el("div", { class: "scroller" }, sheet);
  const area = el("textarea", {
    class: "area", spellcheck: "false", autocapitalize: "off", autocomplete: "off", wrap: "soft", "aria-label": "Script",
  });
  const lines = mirror(scroller, area);
  sheet.append(lines.node, area);
  const finding = el("span", { class: "finding", role: "status", "aria-live": "polite" });
  const place = el("span", { class: "meta place" });
  root.append(scroller, el("div", { class: "statusline" }, finding, el("span", { class: "grow" }), place));
  const endings = [fillWindow(root, 20)];
  const known = { epoch: null, draft: null, revision: 0, base: 0, jump: null };
  const typedHere = paper();
  let timer = 0;
  let leaving = 0;
  let note = "";

  function typed() {
    lines.write(area.value);
    status();
    clearTimeout(timer);
    timer = setTimeout(tell, PAUSE_MS);
  }
  function tell() {
    if (!timer || leaving) return;
    clearTimeout(timer);
    keep();
    timer = 0;
    box.send("changed", { text: area.value }, true);
  }
  function keep() {
    typedHere.write(known.base, area.value);
  }
  function putAway() {
    clearTimeout(timer);
    timer = 0;
    if (known.draft !== null) keep();
  }
  // The browser's own "back" takes this place away without leaving the box first; it may also end here again.
  function left() {
    clearTimeout(leaving);
    leaving = setTimeout(() => {
      leaving = 0;
      tell();
    }, LEAVING_MS);
  }
  function status() {
    const at = pointOf(area.value, area.selectionStart);
    const mark = lines.marksOn(at.line)[0];
    place.textContent = `${at.line}:${at.column} · ${lines.count} ${lines.count === 1 ? "line" : "lines"}`;
    finding.textContent = mark?.message ?? note;
    finding.className = `finding ${mark?.severity ?? ""}`;
  }
  function save(event) {
    if (!(event.ctrlKey || event.metaKey) || event.altKey || event.key.toLowerCase() !== "s") return;
    event.preventDefault();
    event.stopImmediatePropagation();
    clearTimeout(timer);
    timer = 0;
    keep();
    box.send("saved", { text: area.value });
  }
  // A text of the studio's goes in as an edit, so that the browser's own undo takes it back.
  function adopt(text) {
    clearTimeout(timer);
    timer = 0;
    const before = document.activeElement;
    const mine = area.getRootNode().activeElement === area;
    area.focus({ preventScroll: true });
    splice(area, text);
    if (!mine) area.blur();
    if (!mine && before instanceof HTMLElement) before.focus({ preventScroll: true });
    lines.write(text);
  }
  // A page drawn for the first time, or by a studio that was started anew and knows the saved text alone.
  function begin({ text, draft, base, fresh }) {
    const first = known.draft !== draft;
    if (first) typedHere.of(draft, fresh);
    const mine = first ? typedHere.read() : { base: known.base, text: area.value };
    const told = !mine || mine.text === text;
    const newer = !told && mine.base === base;
    if (first) {
      area.value = told || newer ? text : mine.text;
      area.setSelectionRange(0, 0);
      lines.write(area.value);
    }
    if (newer) {
      adopt(mine.text);
      note = first ? "What was typed here before is back; undo takes it away." : "";
      typed();
    } else if (!told) {
      adopt(text);
      note = `This is version ${base}. What was typed on version ${mine.base} and not saved is one undo away.`;
    }
  }
  function jump({ line, column, length = 0 }) {
    const from = indexOf(area.value, line, column);
    area.focus({ preventScroll: true });
    area.setSelectionRange(from, indexOf(area.value, line, column + length));
    lines.reveal(line);
    status();
  }

  area.addEventListener("input", () => {
    note = "";
    typed();
  });
  area.addEventListener("blur", tell);
  document.addEventListener("selectionchange", status);
  window.addEventListener("popstate", left, true);
  window.addEventListener("pagehide", keep);
  window.addEventListener("keydown", save, true);
  endings.push(() => document.removeEventListener("selectionchange", status));
  endings.push(() => window.removeEventListener("keydown", save, true));
  endings.push(() => window.removeEventListener("popstate", left, true));
  endings.push(() => window.removeEventListener("pagehide", keep));

  return {
    update({ data, setTriggerValue }) {
      box.update(setTriggerValue, data.receipt);
      const { text = "", draft = "", revision = 0, base = 0, marks = [], jump: wish, placeholder = "" } = data.view;
      area.placeholder = placeholder;
      // Through the browser's history one script may follow another in the same part.
      if (known.draft !== draft) putAway();
      if (known.epoch !== data.receipt.epoch || known.draft !== draft) begin({ ...data.view, text, base });
      else if (revision !== known.revision) adopt(text);
      Object.assign(known, { epoch: data.receipt.epoch, draft, revision, base });
      // Findings about a text that has been typed over since are old; the next ones are on their way.
      if (text === area.value) lines.mark(marks);
      if (wish && wish.nonce !== known.jump) {
        known.jump = wish.nonce;
        jump(wish);
      }
      status();
    },
    close() {
      clearTimeout(timer);
      clearTimeout(leaving);
      keep();
      box.close();
      lines.close();
      for (const end of endings) end();
    },
  };
}

export default mounted(editor);
