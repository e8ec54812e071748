// What a producer did, on its way to Python. An event is repeated until a receipt names it: Streamlit keeps only the last
// of several triggers when runs are merged. A receipt from a restarted server ends the old life: nothing is done twice, and
// `root` says what may not have been done at all.

import { el } from "./dom.js";

const PATIENCE_MS = 2500;
const TRIES = 3;
const UNDELIVERED = "That may not have reached the studio. Load the page again, and do it again if it isn't done.";

export function letterbox(root) {
  const undelivered = el("div", { class: "undelivered", role: "alert" });
  root.append(undelivered);
  const sender = Math.random().toString(36).slice(2);
  let trigger = null;
  let epoch = "";
  let count = 0;
  let waiting = [];
  let timer = 0;

  function post() {
    clearTimeout(timer);
    if (!waiting.length || !trigger) return;
    trigger("letter", { epoch, sender, events: waiting.map((entry) => entry.event) });
    timer = setTimeout(again, PATIENCE_MS);
  }
  // Only a receipt that stays away counts as a try: events that follow each other quickly travel together.
  function again() {
    for (const entry of waiting) entry.tries += 1;
    const kept = waiting.filter((entry) => entry.tries <= TRIES);
    if (kept.length < waiting.length) undelivered.textContent = UNDELIVERED;
    waiting = kept;
    post();
  }

  return {
    // Called with every new data: `receipt` is {epoch, sender, seen}.
    update(setTriggerValue, receipt) {
      trigger = setTriggerValue;
      if (epoch && receipt.epoch !== epoch) {
        // Typing is sent anew by who holds the text.
        if (waiting.some((entry) => !entry.instead)) undelivered.textContent = UNDELIVERED;
        waiting = [];
      }
      epoch = receipt.epoch;
      if (receipt.sender === sender) waiting = waiting.filter((entry) => entry.event.n > receipt.seen);
      if (!waiting.length) clearTimeout(timer);
    },
    // `instead`: a newer event of the same kind takes the place of one that still waits (typing).
    send(kind, facts = {}, instead = false) {
      count += 1;
      undelivered.textContent = "";
      if (instead) waiting = waiting.filter((entry) => entry.event.kind !== kind);
      waiting.push({ event: { n: count, kind, ...facts }, tries: 0, instead });
      post();
    },
    get idle() {
      return waiting.length === 0;
    },
    close() {
      clearTimeout(timer);
      waiting = [];
      trigger = null;
    },
  };
}
