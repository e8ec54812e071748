// The coloured lines under the textarea. Up to WRAPPED lines they are all there and long ones wrap; a bigger text is laid out
// flat and only the lines in sight are drawn, so that a megabyte stays easy to type in.

import { el } from "../shared/dom.js";
import { runsOf, stateAfter, turnOf } from "./colours.js";
import { unitsOf } from "./places.js";

const WRAPPED = 1500;
const WRAPPED_LETTERS = 200_000;
const LINE_PX = 22;
const TOP_PX = 12;
const GUTTER_PX = 58;
const SPARE = 30;

export function mirror(scroller, area) {
  const node = el("div", { class: "mirror", "aria-hidden": "true" });
  let lines = [];
  let flat = false;
  let letter = 0;
  let letters = 0;
  let shaped = null;

  function write(text) {
    letters = text.length;
    const fresh = text.split("\n");
    let head = 0;
    while (head < fresh.length && head < lines.length && fresh[head] === lines[head].text) head += 1;
    let tail = 0;
    const most = Math.min(fresh.length, lines.length) - head;
    while (tail < most && fresh[fresh.length - 1 - tail] === lines[lines.length - 1 - tail].text) tail += 1;
    const middle = fresh.slice(head, fresh.length - tail).map((line) => ({ text: line, marks: [], node: null, state: "", turn: turnOf(line) }));
    for (const gone of lines.splice(head, lines.length - tail - head, ...middle)) gone.node?.remove();
    settle();
  }
  // Every line's state; a line whose state has changed is drawn again.
  function settle() {
    let state = "out";
    for (const line of lines) {
      const entered = stateAfter(state, line.turn);
      const own = entered === "body" && state === "head" ? "head" : entered === "out" ? state : entered;
      if (line.state !== own) stale(line);
      line.state = own;
      state = entered;
    }
    shape(lines.length > WRAPPED || letters > WRAPPED_LETTERS);
    draw();
  }
  function shape(wide) {
    if (wide !== flat) {
      flat = wide;
      node.replaceChildren();
      for (const line of lines) line.node = null;
    }
    if (flat) letter ||= letterWidth(node);
    const longest = flat ? lines.reduce((most, line) => Math.max(most, line.text.length), 0) : 0;
    const height = flat ? `${lines.length * LINE_PX + 2 * TOP_PX}px` : "";
    const width = flat ? `max(100% - ${GUTTER_PX}px, ${Math.ceil(longest * letter) + 40}px)` : "";
    // Told only when it differs: a textarea that is told its size lays out a megabyte again.
    if (shaped === height + width) return;
    shaped = height + width;
    scroller.classList.toggle("flat", flat);
    area.wrap = flat ? "off" : "soft";
    area.style.width = width;
    node.style.height = height;
  }
  function draw() {
    if (!flat) return drawAll();
    const first = Math.max(0, Math.floor((scroller.scrollTop - TOP_PX) / LINE_PX) - SPARE);
    const last = Math.min(lines.length, first + Math.ceil(scroller.clientHeight / LINE_PX) + 2 * SPARE);
    const wanted = new Set();
    for (let at = first; at < last; at += 1) {
      const line = lines[at];
      line.node ??= lineNode(line);
      if (line.at !== at || line.node.dataset.n !== String(at + 1)) {
        line.at = at;
        line.node.style.top = `${TOP_PX + at * LINE_PX}px`;
        line.node.dataset.n = at + 1;
      }
      wanted.add(line.node);
    }
    for (const old of [...node.children]) if (!wanted.has(old)) old.remove();
    for (const fresh of wanted) if (!fresh.isConnected) node.append(fresh);
    return undefined;
  }
  function drawAll() {
    let place = node.firstElementChild;
    for (const line of lines) {
      if (!line.node) {
        line.node = lineNode(line);
        node.insertBefore(line.node, place);
      } else place = line.node.nextElementSibling;
    }
  }
  const scrolled = () => flat && draw();
  scroller.addEventListener("scroll", scrolled, { passive: true });
  const sized = new ResizeObserver(scrolled);
  sized.observe(scroller);

  return {
    node,
    write,
    mark(marks) {
      const byLine = Map.groupBy(marks, (mark) => mark.line);
      lines.forEach((line, index) => {
        const found = byLine.get(index + 1) ?? [];
        if (JSON.stringify(found) === JSON.stringify(line.marks)) return;
        line.marks = found;
        stale(line);
      });
      draw();
    },
    marksOn: (number) => [...(lines[number - 1]?.marks ?? [])].sort((one) => (one.severity === "error" ? -1 : 1)),
    reveal(number) {
      const line = lines[number - 1];
      const top = flat ? TOP_PX + (number - 1) * LINE_PX : (line?.node.offsetTop ?? 0);
      scroller.scrollTop = Math.max(0, top - scroller.clientHeight / 3);
      scrolled();
      line?.node?.animate([{ background: "var(--accent-soft)" }, {}], { duration: 900 });
    },
    get count() {
      return lines.length;
    },
    close: () => sized.disconnect(),
  };
}

function stale(line) {
  line.node?.remove();
  line.node = null;
}

function lineNode(line) {
  const marks = line.marks.map(({ column, length = 1, severity }) => {
    const from = unitsOf(line.text, column - 1);
    return [from, Math.max(from + 1, from + unitsOf(line.text.slice(from), length)), severity];
  });
  const worst = line.marks.some((mark) => mark.severity === "error") ? "err" : line.marks.length ? "warn" : "";
  // A mark behind the line's end still gets a place to be seen.
  const text = marks.some(([from]) => from >= line.text.length) ? `${line.text} ` : line.text;
  const runs = text ? runsOf(line.state, text, marks) : [["\u200b", ""]];
  return el("div", { class: `line ${worst}` }, el("span", { class: "code" }, runs.map(([words, kind]) =>
    kind ? el("span", { class: kind }, words) : words)));
}

function letterWidth(node) {
  const probe = el("span", { class: "code probe" }, "0".repeat(100));
  node.append(probe);
  const width = probe.getBoundingClientRect().width / 100;
  probe.remove();
  return width || 8;
}
