// Elements from values. Text is only ever set as text: what a script or a model wrote stays words.

const SVG = "http://www.w3.org/2000/svg";

// el("button", {class: "btn", "aria-label": "Play", onclick: play, vars: {"--k": "red"}}, "Play", icon)
export function el(tag, props = {}, ...children) {
  return fill(document.createElement(tag), props, children);
}

export function svg(tag, props = {}, ...children) {
  return fill(document.createElementNS(SVG, tag), props, children);
}

function fill(node, props, children) {
  for (const [name, value] of Object.entries(props)) {
    if (value === null || value === undefined || value === false) continue;
    if (name === "vars") for (const [key, item] of Object.entries(value)) node.style.setProperty(key, item);
    else if (name.startsWith("on")) node.addEventListener(name.slice(2), value);
    else if (name === "value") node.value = value;
    else node.setAttribute(name, value === true ? "" : String(value));
  }
  for (const child of children.flat()) {
    if (child !== null && child !== undefined && child !== false) node.append(child);
  }
  return node;
}

const PATHS = {
  play: "M5 3.2v9.6a.6.6 0 0 0 .9.5l7.6-4.8a.6.6 0 0 0 0-1L5.9 2.7a.6.6 0 0 0-.9.5z",
  pause: "M4.5 3h2.2v10H4.5zM9.3 3h2.2v10H9.3z",
  star: "M8 1.8l1.9 4 4.3.6-3.1 3 .7 4.3L8 11.7l-3.8 2 .7-4.3-3.1-3 4.3-.6z",
  lock: "M5 7V5a3 3 0 0 1 6 0v2h.5a1 1 0 0 1 1 1v5a1 1 0 0 1-1 1h-7a1 1 0 0 1-1-1V8a1 1 0 0 1 1-1zm1.4 0h3.2V5a1.6 1.6 0 0 0-3.2 0z",
  check: "M3 8.4l3.2 3.2L13 4.8l-1.2-1.2-5.6 5.6L4.2 7.2z",
  cross: "M4.6 3.4L8 6.8l3.4-3.4 1.2 1.2L9.2 8l3.4 3.4-1.2 1.2L8 9.2l-3.4 3.4-1.2-1.2L6.8 8 3.4 4.6z",
  dash: "M3.5 7.2h9v1.7h-9z",
  stop: "M4 3.5h8a.5.5 0 0 1 .5.5v8a.5.5 0 0 1-.5.5H4a.5.5 0 0 1-.5-.5V4a.5.5 0 0 1 .5-.5z",
  up: "M8 2.6l4.7 4.7-1.2 1.2-2.6-2.6v7.5H7.1V5.9L4.5 8.5 3.3 7.3z",
  down: "M8 13.4L3.3 8.7l1.2-1.2 2.6 2.6V2.6h1.8v7.5l2.6-2.6 1.2 1.2z",
};

export function icon(name, size = 12) {
  const box = { viewBox: "0 0 16 16", width: size, height: size, fill: "currentColor", "aria-hidden": "true" };
  return svg("svg", box, svg("path", { d: PATHS[name] }));
}

// Replaces a node by a newer one and keeps the focus, the caret and what was typed where the same field is there again.
export function swap(old, fresh) {
  const root = old.getRootNode();
  const active = root.activeElement;
  const field = active && old.contains(active) ? active.dataset.field : null;
  const caret = field && "selectionStart" in active ? [active.selectionStart, active.selectionEnd] : null;
  old.replaceWith(fresh);
  const again = field && fresh.querySelector(`[data-field="${CSS.escape(field)}"]`);
  if (!again) return fresh;
  again.focus({ preventScroll: true });
  if (caret && caret[0] !== null && again.setSelectionRange) {
    try { again.setSelectionRange(...caret); } catch { /* a slider has no caret */ }
  }
  return fresh;
}

// After a click with the pointer the focus goes home, so that the space bar plays instead of clicking again.
export function letGo(event) {
  if (event.detail > 0 && event.currentTarget) event.currentTarget.blur();
}

export function colour(node, shades) {
  if (shades) node.style.setProperty("--k", `light-dark(${shades.light}, ${shades.dark})`);
  return node;
}
