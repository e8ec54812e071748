// The episode's timeline. All three pictures share one window of time; the pictures are drawn for what is in sight, so a zoom
// costs the same in a minute as in three hours.

import { el, icon, letGo } from "../shared/dom.js";
import { letterbox } from "../shared/letterbox.js";
import { mounted } from "../shared/mount.js";
import { listen } from "../shared/keys.js";
import { sound, running } from "../shared/sound.js";
import { leaveOpen } from "../board/memory.js";
import { drawLanes } from "./lanes.js";
import { drawWaveform, drawLoudness, ticks } from "./pictures.js";
import { timeWindow } from "./window.js";

const SKIP_MS = 5000;

function timeline(root) {
  const box = letterbox(root);
  const app = { view: { lanes: [], cast: {}, duration_ms: 0 }, time_ms: 0, playing: false };
  app.window = timeWindow(draw);
  const play = el("button", { class: "play", onclick: (event) => (letGo(event), toggle()) });
  const clock = el("span", { class: "meta num" });
  const range = el("span", { class: "meta num" });
  const button = (words, sign, act) => el("button", { class: "btn quiet small", "aria-label": words, title: words, onclick: (event) => {
    letGo(event);
    act();
  } }, sign);
  const out = button("Zoom out (−)", "–", () => app.window.zoom(0.5));
  const inn = button("Zoom in (+)", "+", () => app.window.zoom(2));
  const head = el("div", { class: "row" }, el("h3", {}, "Timeline"), play, clock, el("span", { class: "grow" }), range, out, inn);
  const names = el("div", { class: "names" });
  const wave = el("div", { class: "pane wavepane" });
  const scale = el("div", { class: "pane scale", "aria-hidden": "true" });
  const lanes = el("div", { class: "pane lanepane", role: "list" });
  const line = el("i", { class: "playhead", "aria-hidden": "true" });
  const panes = el("div", { class: "panes" }, wave, scale, lanes, line);
  const curve = el("div", { class: "pane curvepane" });
  const curveLine = el("i", { class: "playhead", "aria-hidden": "true" });
  const target = el("div", { class: "names target" });
  const curveCard = el("div", { class: "card" }, el("h3", {}, "Loudness over time"),
    el("div", { class: "body" }, target, el("div", { class: "panes" }, curve, curveLine)));
  const empty = el("p", { class: "meta nothing" });
  const body = el("div", { class: "body" }, names, panes);
  root.append(el("div", { class: "card" }, head, empty, body), curveCard);

  const player = sound(root, {
    time(ms) {
      app.time_ms = ms;
      if (app.playing) app.window.follow(ms);
      showHead();
    },
    playing(on) {
      app.playing = on;
      buttons();
    },
    ended: () => buttons(),
    failed: () => {
      app.playing = false;
      clock.textContent = "The exported file can't be played. Load the page again.";
    },
  });

  function toggle() {
    if (!app.view.audio_url) return;
    if (app.playing) player.pause();
    else player.start(app.view.audio_url, app.time_ms >= app.view.duration_ms - 50 ? 0 : app.time_ms);
  }
  function seek(ms) {
    app.time_ms = Math.max(0, Math.min(app.view.duration_ms, ms));
    if (app.playing) player.seek(app.time_ms);
    showHead();
  }
  function open(beat) {
    leaveOpen(new URLSearchParams(location.search).get("session"), beat);
    box.send("beat", { beat });
  }
  let shown = null;
  function buttons() {
    if (shown !== app.playing) {
      shown = app.playing;
      play.replaceChildren(icon(app.playing ? "pause" : "play", 11));
    }
    play.classList.toggle("on", app.playing);
    play.disabled = !app.view.audio_url;
    play.title = app.view.audio_url ? "" : (app.view.silent ?? "");
    play.setAttribute("aria-label", app.playing ? "Pause" : "Play the export");
    showHead();
  }
  // The playhead alone: runs with every frame of a sound.
  function showHead() {
    const share = app.window.shareOf(app.time_ms);
    for (const one of [line, curveLine]) {
      one.hidden = share < 0 || share > 1 || !app.view.audio_url;
      one.style.left = `${share * 100}%`;
    }
    const words = app.view.audio_url ? `${running(app.time_ms)} of ${running(app.view.duration_ms)}` : (app.view.silent ?? "");
    if (clock.textContent !== words) clock.textContent = words;
    wave.style.setProperty("--played", `${Math.max(0, Math.min(1, share)) * 100}%`);
  }
  function draw() {
    const { from, to } = app.window;
    range.textContent = app.view.duration_ms ? `${short(from)} – ${short(to)}` : "";
    out.disabled = app.window.whole;
    // First what is there at all: a picture is drawn as wide as its place, and what is hidden has no width.
    curveCard.hidden = !app.view.loudness;
    empty.textContent = app.view.lanes.length ? "" : (app.view.nothing ?? "Nothing is picked yet.");
    body.hidden = !app.view.lanes.length;
    body.classList.toggle("unheard", !app.view.peaks);
    drawWaveform(wave, app);
    ticks(scale, app);
    drawLanes(names, lanes, app, { seek, open });
    drawLoudness(curve, app);
    target.textContent = app.view.loudness?.label ?? "";
    showHead();
  }
  const timeAt = (event, pane) => {
    const area = pane.getBoundingClientRect();
    return app.window.timeAt((event.clientX - area.left) / area.width);
  };
  for (const pane of [wave, scale, curve]) pane.addEventListener("click", (event) => seek(timeAt(event, pane)));
  for (const pane of [panes, curve]) {
    pane.addEventListener("wheel", (event) => {
      const sideways = event.shiftKey ? event.deltaY : event.deltaX;
      if (event.ctrlKey || event.metaKey) app.window.zoom(event.deltaY < 0 ? 1.25 : 0.8, timeAt(event, pane));
      else if (Math.abs(sideways) > Math.abs(event.shiftKey ? 0 : event.deltaY)) app.window.pan(sideways / pane.clientWidth);
      else return;
      event.preventDefault();
    }, { passive: false });
  }
  const keys = {
    " ": toggle,
    ArrowLeft: () => seek(app.time_ms - SKIP_MS),
    ArrowRight: () => seek(app.time_ms + SKIP_MS),
    Home: () => seek(0),
    "+": () => app.window.zoom(2),
    "-": () => app.window.zoom(0.5),
    0: () => app.window.all(),
  };
  const endKeys = listen((key) => Boolean(keys[key]) && (keys[key](), true));
  const sized = new ResizeObserver(draw);
  sized.observe(panes);

  return {
    update({ data, setTriggerValue }) {
      box.update(setTriggerValue, data.receipt);
      app.view = { lanes: [], cast: {}, duration_ms: 0, ...data.view };
      app.window.fit(app.view.duration_ms);
      buttons();
      draw();
    },
    close() {
      endKeys();
      sized.disconnect();
      player.close();
      box.close();
    },
  };
}

function short(ms) {
  return running(ms).replace(/\.\d$/, "");
}

export default mounted(timeline);
