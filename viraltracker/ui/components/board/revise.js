// The revise panel of an open row. It opens on the beat's real settings; what is changed is a draft that outlives reruns, and
// Reset goes back. Only what differs is sent.

import { el, letGo } from "../shared/dom.js";
import { hinted } from "../shared/hint.js";
import { currentTake } from "./model.js";

export function revisePart(app, row, open) {
  const base = row.revise;
  if (!open || !base || row.locked) return el("div", { class: "revise none" });
  const draft = app.drafts.get(row.id) ?? {};
  const stops = app.view.paces[row.who] ?? [];
  const told = el("div", { class: "meta told", role: "status" });
  const button = el("button", { class: "btn primary", "data-field": "again", disabled: app.busy.has(row.id), onclick: (event) => {
    letGo(event);
    again(app, row);
  } }, app.busy.has(row.id) ? "Asked…" : base.button);
  const reset = el("button", { class: "btn quiet", "data-field": "reset", onclick: (event) => {
    letGo(event);
    app.drafts.delete(row.id);
    panel.replaceWith(fresh());
  } }, "Reset");
  // The row's record of its parts must follow when the panel replaces itself.
  const fresh = () => {
    const next = revisePart(app, row, true);
    app.list.querySelector(`[data-beat="${CSS.escape(row.id)}"]`).parts.revise.node = next;
    return next;
  };
  const note = () => {
    const same = !Object.keys(changes(app, row)).length;
    reset.disabled = same;
    told.textContent = same && base.repeatable ? base.repeatable : "";
    button.classList.toggle("hold", same && Boolean(base.repeatable));
  };
  const set = (name, value) => {
    app.drafts.set(row.id, { ...app.drafts.get(row.id), [name]: value });
    note();
  };
  const panel = el(
    "div",
    { class: "revise", role: "group", "aria-label": `Revise ${row.name}` },
    directionField(base, draft, set, () => again(app, row)),
    paceSlider(base, draft, stops, set),
    knob("Stability", "stability", base, draft, set),
    knob("Style", "style", base, draft, set),
    el("div", { class: "row nowrap" }, reset, button),
    told,
  );
  panel.nudge = () => {
    told.classList.remove("shake");
    requestAnimationFrame(() => told.classList.add("shake"));
    panel.querySelector("input[type=range]")?.focus({ preventScroll: true });
  };
  note();
  return panel;
}

// What the draft says otherwise than the beat.
export function changes(app, row) {
  const base = row.revise ?? {};
  const real = {
    direction: base.direction ?? "",
    pace: base.pace ?? "normal",
    stability: base.stability?.value,
    style: base.style?.value,
  };
  const draft = app.drafts.get(row.id) ?? {};
  return Object.fromEntries(Object.entries(draft).filter(([name, value]) => value !== real[name]));
}

// R, and the panel's button: another take, with what was changed.
export function again(app, row) {
  if (row.locked) return app.say("This beat is locked. L unlocks it.");
  if (app.busy.has(row.id) || !row.revise) return undefined;
  const changed = changes(app, row);
  if (!Object.keys(changed).length) {
    if (row.revise.repeatable) {
      app.say(row.revise.repeatable);
      return app.list.querySelector(".beat.open .revise")?.nudge?.();
    }
    app.send("again", { beat: row.id });
  } else {
    app.send("revise", { beat: row.id, take: currentTake(app, row)?.id ?? null, ...changed });
  }
  app.busy.add(row.id);
  return app.redraw();
}

function directionField(base, draft, set, enter) {
  const field = el("input", {
    class: "field",
    "data-field": "direction",
    value: draft.direction ?? base.direction ?? "",
    placeholder: "How it should be said",
    maxlength: 500,
    disabled: Boolean(base.direction_unused),
    oninput: () => set("direction", field.value),
    onkeydown: (event) => {
      if (event.key === "Enter") enter();
      if (event.key === "Escape") field.blur();
      event.stopPropagation();
    },
  });
  const label = el("label", { class: "knob" }, el("span", { class: "row" }, "Direction"), field);
  return explained(label, base.direction_unused);
}

function paceSlider(base, draft, stops, set) {
  const chosen = draft.pace ?? base.pace ?? "normal";
  const at = Math.max(0, stops.findIndex((stop) => stop.name === chosen));
  const value = el("b");
  const speed = el("span", { class: "meta speed" });
  const slider = range({ min: 0, max: Math.max(1, stops.length - 1), step: 1, value: at, field: "pace", list: stops.length });
  const show = () => {
    const stop = stops[Number(slider.value)];
    value.textContent = stop?.label ?? chosen;
    speed.textContent = stop?.speed ?? "";
    slider.setAttribute("aria-valuetext", stop ? `${stop.label}, ${stop.speed}` : chosen);
    paint(slider);
  };
  slider.addEventListener("input", () => {
    show();
    set("pace", stops[Number(slider.value)].name);
  });
  show();
  return el("label", { class: "knob" }, el("span", { class: "row" }, "Pace", el("span", { class: "grow" }), value), slider, speed);
}

function knob(title, name, base, draft, set) {
  const { value: real, origin = "", unused = "" } = base[name] ?? {};
  const value = draft[name] ?? real;
  const readout = el("b");
  const slider = range({ min: 0, max: 1, step: 0.05, value: value ?? 0.5, field: name, disabled: Boolean(unused) });
  const show = () => {
    const now = Number(slider.value);
    const from = now === real ? origin : "changed";
    readout.textContent = unused ? "not used" : `${now.toFixed(2).replace(/^0/, "")} ${from}`;
    paint(slider);
  };
  slider.addEventListener("input", () => {
    set(name, Number(slider.value));
    show();
  });
  show();
  const label = el("label", { class: "knob" }, el("span", { class: "row" }, title, el("span", { class: "grow" }), readout), slider);
  return explained(label, unused);
}

function explained(label, reason) {
  if (!reason) return label;
  label.classList.add("unused");
  return hinted(label, [reason]);
}

function range({ min, max, step, value, field, disabled = false }) {
  return el("input", { type: "range", min, max, step, value: String(value), "data-field": field, disabled });
}

function paint(slider) {
  const share = (Number(slider.value) - Number(slider.min)) / (Number(slider.max) - Number(slider.min));
  slider.style.setProperty("--v", `${share * 100}%`);
}
