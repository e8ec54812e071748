// The script editor: a plain textarea over a mirror of its text that carries the colours. The browser keeps everything an
// editor must have (undo, IME, selection, accessibility), and typing never waits for Python.

import { el } from "../shared/dom.js";
import { letterbox } from "../shared/letterbox.js";
import { mounted, fillWindow } from "../shared/mount.js";
import { mirror } from "./mirror.js";
import { pointOf, indexOf, splice } from "./places.js";

const PAUSE_MS = 300;

function editor(root) {
  const box = letterbox();
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
  const known = { revision: null, jump: null };
  let timer = 0;

  function typed() {
    lines.write(area.value);
    status();
    clearTimeout(timer);
    timer = setTimeout(tell, PAUSE_MS);
  }
  function tell() {
    if (!timer) return;
    clearTimeout(timer);
    timer = 0;
    box.send("changed", { text: area.value }, true);
  }
  function status() {
    const at = pointOf(area.value, area.selectionStart);
    const mark = lines.marksOn(at.line)[0];
    place.textContent = `${at.line}:${at.column} · ${lines.count} ${lines.count === 1 ? "line" : "lines"}`;
    finding.textContent = mark?.message ?? "";
    finding.className = `finding ${mark?.severity ?? ""}`;
  }
  function save(event) {
    if (!(event.ctrlKey || event.metaKey) || event.altKey || event.key.toLowerCase() !== "s") return;
    event.preventDefault();
    event.stopImmediatePropagation();
    clearTimeout(timer);
    timer = 0;
    box.send("saved", { text: area.value });
  }
  // A text of the studio's goes in as an edit, so that the browser's own undo takes it back.
  function adopt(text, first) {
    if (first) {
      area.value = text;
      area.setSelectionRange(0, 0);
    } else {
      const before = document.activeElement;
      const mine = area.getRootNode().activeElement === area;
      area.focus({ preventScroll: true });
      splice(area, text);
      if (!mine) area.blur();
      if (!mine && before instanceof HTMLElement) before.focus({ preventScroll: true });
    }
    lines.write(text);
  }
  function jump({ line, column, length = 0 }) {
    const from = indexOf(area.value, line, column);
    area.focus({ preventScroll: true });
    area.setSelectionRange(from, indexOf(area.value, line, column + length));
    lines.reveal(line);
    status();
  }

  area.addEventListener("input", typed);
  area.addEventListener("blur", tell);
  document.addEventListener("selectionchange", status);
  window.addEventListener("keydown", save, true);
  endings.push(() => document.removeEventListener("selectionchange", status));
  endings.push(() => window.removeEventListener("keydown", save, true));

  return {
    update({ data, setTriggerValue }) {
      box.update(setTriggerValue, data.receipt);
      const { text = "", revision = 0, marks = [], jump: wish, placeholder = "" } = data.view;
      area.placeholder = placeholder;
      if (revision !== known.revision) {
        clearTimeout(timer);
        timer = 0;
        adopt(text, known.revision === null);
        known.revision = revision;
      }
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
      box.close();
      lines.close();
      for (const end of endings) end();
    },
  };
}

export default mounted(editor);
