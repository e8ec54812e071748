// A hint that opens on hover and on focus, at the end of the root so that no scrolling box cuts it off.

import { el } from "./dom.js";

let last = 0;

export function hinted(node, lines) {
  const words = lines.filter(Boolean);
  if (!words.length) return node;
  last += 1;
  const id = `hint-${last}`;
  let tip = null;
  const show = () => {
    if (tip) return;
    tip = el("div", { class: "hint", role: "tooltip", id }, words.map((line) => el("div", {}, line)));
    const root = node.getRootNode();
    (root.querySelector?.(".root") ?? document.body).append(tip);
    const box = node.getBoundingClientRect();
    const wide = tip.offsetWidth;
    const below = box.bottom + 6 + tip.offsetHeight < window.innerHeight;
    tip.style.left = `${Math.max(8, Math.min(box.right - wide, window.innerWidth - wide - 8))}px`;
    tip.style.top = `${below ? box.bottom + 6 : box.top - tip.offsetHeight - 6}px`;
    node.setAttribute("aria-describedby", id);
  };
  const hide = () => {
    tip?.remove();
    tip = null;
  };
  node.tabIndex = 0;
  node.addEventListener("mouseenter", show);
  node.addEventListener("mouseleave", hide);
  node.addEventListener("focus", show);
  node.addEventListener("blur", hide);
  return node;
}
