// A question to the producer: what it is, what it costs, what would change, and two buttons.

import { el, letGo } from "../shared/dom.js";

// answer(yes) is told once; the buttons rest until there is something new to show.
export function questionNode(ask, answer) {
  const buttons = ask.answer ? [] : [choice(ask.no, "btn", false), choice(ask.yes, yesLook(ask), true)];
  function choice(label, look, yes) {
    const name = `${label}: ${ask.title}`;
    return el("button", { class: look, "aria-label": name, "data-field": `${yes ? "yes" : "no"}-${ask.id}`, onclick: (event) => {
      letGo(event);
      for (const button of buttons) button.disabled = true;
      answer(yes);
    } }, label);
  }
  return el("section", { class: "ask", "aria-label": `Question: ${ask.title}`, vars: { "--c": `var(--${ask.tone})`, "--ci": `var(--${ask.tone}-ink)` } },
    el("div", { class: "row head" }, el("b", { class: "title" }, ask.title), ask.cost && el("span", { class: "cost" }, ask.cost)),
    ask.facts && el("div", { class: "meta" }, ask.facts.join(" · ")),
    (ask.lines ?? []).map((line) => el("div", { class: "line" }, line)),
    ask.diff && diffNode(ask.diff),
    ask.lapsed && el("div", { class: "line" }, ask.lapsed),
    ask.answer
      ? el("div", { class: "meta answered" }, ask.answer === "yes" ? "You said yes." : "You said no.")
      : el("div", { class: "row buttons" }, buttons));
}

function yesLook(ask) {
  return ask.tone === "failed" && !ask.lapsed ? "btn danger" : "btn primary";
}

const DIFF = { "+": "ins", "-": "del" };

function diffNode(lines) {
  return el("div", { class: "diff", role: "group", "aria-label": "What would change", tabindex: 0 },
    lines.map((line) => el("div", { class: DIFF[line[0]] ?? "same" }, line)));
}
