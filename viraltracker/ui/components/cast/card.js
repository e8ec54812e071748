// A character's card. What was moved and not saved is a draft that outlives reruns.

import { el, icon, colour, letGo } from "../shared/dom.js";
import { hinted } from "../shared/hint.js";
import { UNPLAYABLE } from "../shared/once.js";

export function cardNode(app, card, chosen) {
  const name = card.character;
  const badge = el("span", { class: "q", vars: { "--qc": `var(--${card.badge.tone})`, "--qi": `var(--${card.badge.tone}-ink)` } }, card.badge.word);
  const title = el("button", { class: "who name", "aria-pressed": chosen ? "true" : "false", title: "Show what its engine does with the script",
    onclick: () => app.send("character", { character: name }) }, name);
  const actions = el("div", { class: "row below" });
  const draftChanged = () => drawActions(app, card, actions);
  const { voice, showSound } = voiceRow(app, card);
  const problem = card.problem || (app.broken === name ? UNPLAYABLE : "");
  const node = el(
    "section",
    { class: chosen ? "card chosen" : "card", "aria-label": name },
    el("div", { class: "row nowrap" }, title, el("span", { class: "meta role" }, card.role), el("span", { class: "grow" }),
      hinted(badge, card.badge.reasons ?? [])),
    voice,
    problem && el("div", { class: "problem", role: "alert" }, problem),
    el("div", { class: "knobs" },
      knobs(card).map((knob) => slider(app, card, knob, draftChanged))),
    actions,
  );
  draftChanged();
  return Object.assign(colour(node, card.colour), { showSound });
}

function voiceRow(app, card) {
  const lists = (app.view.voices ?? []).map((group) => el("optgroup", { label: group.closed ? `${group.title}: ${group.closed}` : group.title },
    (group.choices ?? []).map((choice) => el("option", { value: choice.id }, `${group.title} · ${choice.label}`))));
  const known = app.view.voices?.some((group) => (group.choices ?? []).some((choice) => choice.id === card.chosen));
  const select = el("select", { class: "field", "data-field": `voice-${card.character}`, "aria-label": `Voice of ${card.character}`,
    onchange: () => app.send("voice", { character: card.character, voice: select.value }) },
  known ? null : el("option", { value: card.chosen ?? "", disabled: true }, card.label), lists);
  select.value = card.chosen ?? "";
  const play = el("button", { class: "play", disabled: Boolean(card.waiting), onclick: (event) => {
    letGo(event);
    test(app, card, line.value);
  } });
  const line = el("input", { class: "line", "data-field": `line-${card.character}`, value: app.lines.get(card.character) ?? card.line,
    "aria-label": `Test line of ${card.character}`, maxlength: 500,
    oninput: () => app.lines.set(card.character, line.value),
    onkeydown: (event) => {
      if (event.key === "Enter") test(app, card, line.value);
      event.stopPropagation();
    } });
  let shown = null;
  // A picture that is replaced while it is pressed takes the click with it.
  const showSound = (playing) => {
    if (shown === playing) return;
    shown = playing;
    play.replaceChildren(icon(playing ? "pause" : "play", 11));
    play.classList.toggle("on", playing);
    play.setAttribute("aria-label", `${playing ? "Stop" : "Speak"} the test line of ${card.character}`);
  };
  const words = card.waiting ? el("span", { class: "meta" }, card.waiting) : line;
  return { voice: el("div", { class: "row nowrap voice" }, select, play, words), showSound };
}

// The line as it was heard is played again; a changed line or draft is spoken anew.
function test(app, card, line) {
  const settings = settingsOf(app, card);
  const asked = JSON.stringify([line, settings, card.chosen]);
  if (card.heard && !card.problem && app.broken !== card.character && app.lines.get(`${card.character} heard`) === asked) return app.hear(card);
  app.lines.set(`${card.character} heard`, asked);
  return app.send("test", { character: card.character, line, settings });
}

function knobs(card) {
  const shares = [["stability", "Stability"], ["style", "Style"]].map(([name, title]) => ({
    name, title, lowest: 0, highest: 1, step: 0.05, digits: 2, pattern: "{}", value: 0.5, ...card[name],
  }));
  return [...shares, ...(card.dials ?? []).map((dial) => ({ step: 0.01, digits: 2, pattern: "{}", ...dial }))];
}

function settingsOf(app, card) {
  const set = knobs(card).filter((knob) => !knob.unused && isSet(knob.value));
  const real = Object.fromEntries(set.map((knob) => [knob.name, knob.value]));
  return { ...real, ...app.drafts.get(card.character) };
}

// A knob that nobody turned has no value: it is the voice's own, and stays that until it is moved.
function slider(app, card, knob, draftChanged) {
  const draft = () => app.drafts.get(card.character) ?? {};
  const current = () => (knob.name in draft() ? draft()[knob.name] : knob.value);
  const middle = (knob.lowest + knob.highest) / 2;
  const readout = el("b");
  const clear = knob.clearable && el("button", { class: "clear", type: "button", "aria-label": `${knob.title}: the voice’s own`,
    title: "Back to the voice’s own", "data-field": `clear-${knob.name}-${card.character}`, onclick: (event) => {
      event.preventDefault();
      keep(null);
    } }, icon("cross", 9));
  const input = el("input", { type: "range", min: knob.lowest, max: knob.highest, step: knob.step, value: String(current() ?? middle),
    disabled: Boolean(knob.unused), "aria-label": knob.title, "data-field": `${knob.name}-${card.character}` });
  const label = el("label", { class: "knob" },
    el("span", { class: "row", title: knob.title }, el("span", { class: "grow cut" }, knob.title), readout, clear), input);
  const show = () => {
    const own = !isSet(current());
    const now = own ? middle : Number(input.value);
    readout.textContent = words(knob, own, now);
    label.classList.toggle("unused", Boolean(knob.unused));
    label.classList.toggle("own", own);
    if (clear) clear.hidden = own;
    input.style.setProperty("--v", own ? "0%" : `${((now - knob.lowest) / (knob.highest - knob.lowest)) * 100}%`);
    readout.title = own && !knob.unused ? "Not set: the voice’s own" : "";
    input.setAttribute("aria-valuetext", readout.title || readout.textContent);
  };
  const keep = (value) => {
    const changed = { ...draft(), [knob.name]: value };
    if (value === (knob.value ?? null)) delete changed[knob.name];
    app.drafts.set(card.character, changed);
    if (value === null) input.value = String(middle);
    show();
    draftChanged();
  };
  input.addEventListener("input", () => keep(Number(input.value)));
  show();
  return hinted(label, knob.unused ? [knob.unused] : []);
}

function isSet(value) {
  return value !== null && value !== undefined;
}

function words(knob, own, now) {
  if (knob.unused) return "not used";
  return own ? "own" : knob.pattern.replace("{}", now.toFixed(knob.digits)).replace(/^0\./, ".");
}

function drawActions(app, card, actions) {
  const draft = app.drafts.get(card.character) ?? {};
  if (!Object.keys(draft).length) return actions.replaceChildren();
  const save = el("button", { class: "btn small primary", onclick: (event) => {
    letGo(event);
    app.drafts.delete(card.character);
    app.send("save", { character: card.character, settings: draft });
    actions.replaceChildren(el("span", { class: "meta" }, "Saving…"));
  } }, "Save for the next takes");
  const reset = el("button", { class: "btn quiet small", onclick: (event) => {
    letGo(event);
    app.drafts.delete(card.character);
    app.redraw(card.character);
  } }, "Reset");
  return actions.replaceChildren(el("span", { class: "grow" }), reset, save);
}
