// Takes that can be heard within the conversation; one at a time, for all of them.

import { el, icon, letGo } from "../shared/dom.js";
import { hinted } from "../shared/hint.js";
import { sound, running } from "../shared/sound.js";
import { waveform } from "../shared/wave.js";

// stale(): a link has ended, new ones are wanted.
export function players(root, stale) {
  const known = new Map();
  const state = { id: null, playing: false, time_ms: 0 };
  let again = null;
  const out = sound(root, {
    time(ms) {
      state.time_ms = ms;
      show();
    },
    playing(on) {
      if (on) again = null;
      state.playing = on;
      show();
    },
    ended() {
      Object.assign(state, { playing: false, time_ms: 0 });
      show();
    },
    failed() {
      state.playing = false;
      show();
      if (again) return;
      again = { id: state.id, url: known.get(state.id)?.url };
      stale();
    },
  });

  function show() {
    for (const node of root.querySelectorAll("[data-take]")) {
      const mine = node.dataset.take === state.id;
      node.showSound(mine && state.playing, mine ? state.time_ms : 0);
    }
  }
  function start(take, from = 0) {
    state.id = take.id;
    out.start(take.url, from);
  }
  function toggle(take) {
    if (state.id !== take.id) return start(take);
    if (state.playing) return out.pause();
    return state.time_ms > 0 ? out.resume() : start(take);
  }

  return {
    node(take) {
      known.set(take.id, take);
      const play = el("button", { class: "play", onclick: (event) => {
        letGo(event);
        toggle(known.get(take.id));
      } });
      const wave = waveform(take.peaks ?? "", 22);
      wave.addEventListener("click", (event) => {
        const box = wave.getBoundingClientRect();
        start(known.get(take.id), ((event.clientX - box.left) / box.width) * take.duration_ms);
      });
      const clock = el("span", { class: "t num" }, take.clock);
      const node = el("div", { class: "take", role: "group", "aria-label": take.label, "data-take": take.id },
        play, el("span", { class: "label" }, take.label), wave, clock, take.badge && badgeOf(take.badge));
      let drawn = null;
      node.showSound = (playing, ms) => {
        if (drawn !== playing) {
          drawn = playing;
          play.replaceChildren(icon(playing ? "pause" : "play", 11));
          play.classList.toggle("on", playing);
          play.setAttribute("aria-label", `${playing ? "Pause" : "Play"} ${take.label}`);
        }
        node.style.setProperty("--played", `${Math.min(100, (ms / Math.max(1, take.duration_ms)) * 100).toFixed(2)}%`);
        const words = playing || ms > 0 ? running(ms) : take.clock;
        if (clock.textContent !== words) clock.textContent = words;
      };
      node.showSound(state.playing && state.id === take.id, state.id === take.id ? state.time_ms : 0);
      return node;
    },
    // Called once new data are drawn: the take whose link had ended has a fresh one now.
    retry() {
      const take = again && known.get(again.id);
      if (!take || take.url === again.url) return;
      again.url = take.url;
      start(take, state.time_ms);
    },
    close: () => out.close(),
  };
}

function badgeOf({ word, tone, reasons }) {
  return hinted(el("span", { class: "q", vars: { "--qc": `var(--${tone})`, "--qi": `var(--${tone}-ink)` } }, word), reasons ?? []);
}
