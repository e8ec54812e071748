// Where the producer types: Enter sends, Shift+Enter breaks the line, a whole script can be pasted. While somebody answers it
// can be typed ahead; the button stops the answer then.

import { el, icon, letGo } from "../shared/dom.js";

const MOST = 1_000_000; // a bound for the way to Python; how much can be said at once is told there

// told: {say(text), stop(), typed(text)}
export function composer(told) {
  const area = el("textarea", { class: "area", rows: 1, maxlength: MOST, "aria-label": "Message to the agent", autocomplete: "off", "data-field": "message" });
  const button = el("button", { class: "btn primary send" });
  const hint = el("span", { class: "meta" });
  const node = el("div", { class: "composer" }, el("div", { class: "box" }, area, button), el("div", { class: "row hints" }, hint));
  let busy = false;
  let closed = "";
  let shape = "";

  function fit() {
    area.style.height = "auto";
    area.style.height = `${area.scrollHeight}px`;
  }
  function show() {
    button.disabled = !busy && (Boolean(closed) || !area.value.trim());
    if (shape === String(busy)) return;
    shape = String(busy);
    button.replaceChildren(icon(busy ? "stop" : "up", 13), busy ? " Stop" : " Send");
    button.classList.toggle("primary", !busy);
    button.setAttribute("aria-label", busy ? "Stop the answer" : "Send");
  }
  function say() {
    const text = area.value;
    if (busy || closed || !text.trim()) return;
    put("");
    told.say(text);
  }
  function put(text) {
    area.value = text;
    told.typed(text);
    fit();
    show();
  }
  area.addEventListener("input", () => {
    told.typed(area.value);
    fit();
    show();
  });
  area.addEventListener("keydown", (event) => {
    event.stopPropagation();
    if (event.key !== "Enter" || event.shiftKey || event.isComposing) return;
    event.preventDefault();
    say();
  });
  button.addEventListener("click", (event) => {
    letGo(event);
    if (busy) {
      button.disabled = true;
      told.stop();
    } else say();
  });

  return {
    node,
    put,
    get text() {
      return area.value;
    },
    focus: () => area.focus({ preventScroll: true }),
    update(view) {
      busy = Boolean(view.busy);
      closed = view.closed ?? "";
      area.disabled = Boolean(closed);
      area.placeholder = closed || (busy ? "Type ahead; it can be sent once the answer is there" : "Ask, or say what shall be done");
      hint.textContent = busy || closed ? "" : "Enter sends · Shift+Enter breaks the line";
      show();
    },
    fit,
  };
}
