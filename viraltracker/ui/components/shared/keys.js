// The keyboard, for the whole page, except while somebody types or a dialog is open.

const SLIDES = new Set(["ArrowLeft", "ArrowRight", "ArrowUp", "ArrowDown", "Home", "End", "PageUp", "PageDown"]);
const WIDGETS = new Set(["slider", "spinbutton", "combobox", "listbox", "option", "menuitem", "tab", "radio", "switch"]);
const PUSHED = new Set(["button", "checkbox", "submit", "reset"]);

function typing(target, key) {
  if (!target || !target.tagName) return false;
  if (target.isContentEditable || target.tagName === "TEXTAREA" || target.tagName === "SELECT") return true;
  if (WIDGETS.has(target.getAttribute("role"))) return true;
  if (target.tagName !== "INPUT") return false;
  if (target.type === "range") return SLIDES.has(key);
  return !PUSHED.has(target.type);
}

// handler(key, event, target) -> whether it was for us. Streamlit's own letters (r, c) never see what was.
export function listen(handler) {
  function heard(event) {
    if (event.ctrlKey || event.metaKey || event.altKey || event.isComposing || event.defaultPrevented) return;
    const target = event.composedPath()[0];
    if (event.key !== "Escape" && typing(target, event.key)) return;
    if (document.querySelector('[role="dialog"], [data-testid="stPopoverBody"]')) return;
    const pushes = target?.closest?.("button, a, summary") && (event.key === " " || event.key === "Enter");
    if (pushes && !target.closest("[data-keys=through]")) return;
    if (handler(event.key.length === 1 ? event.key.toLowerCase() : event.key, event, target)) {
      event.preventDefault();
      event.stopImmediatePropagation();
    }
  }
  window.addEventListener("keydown", heard, true);
  return () => window.removeEventListener("keydown", heard, true);
}
