// Waveform, time scale and loudness of the window in sight.

import { el, svg } from "../shared/dom.js";
import { bars, decodePeaks, strokes } from "../shared/wave.js";

const WAVE_PX = 56;
const CURVE_PX = 120;
const STEP_PX = 3;
const SPREAD_LU = 14; // above and below the target
const TICKS_MS = [1000, 2000, 5000, 10000, 30000, 60000, 120000, 300000, 600000, 1800000, 3600000];

export function drawWaveform(pane, app) {
  const { peaks, duration_ms: length } = app.view;
  pane.hidden = !peaks;
  const width = pane.clientWidth;
  if (!width || !peaks || !length) return;
  if (pane.peaks !== peaks) Object.assign(pane, { peaks, bins: decodePeaks(peaks) });
  const share = (ms) => (ms / length) * pane.bins.length;
  const bins = pane.bins.slice(Math.floor(share(app.window.from)), Math.max(1, Math.ceil(share(app.window.to))));
  const d = strokes(bars(bins, Math.max(8, Math.floor(width / STEP_PX))), width, WAVE_PX);
  const layer = (name) =>
    svg("svg", { class: name, viewBox: `0 0 ${width} ${WAVE_PX}`, width, height: WAVE_PX, "aria-hidden": "true" },
      svg("path", { d, stroke: "currentColor", "stroke-width": 1.8, "stroke-linecap": "round", fill: "none" }));
  pane.replaceChildren(layer("all"), layer("done"));
}

export function ticks(pane, app) {
  const { from, to } = app.window;
  const every = TICKS_MS.find((step) => ((to - from) / step) * 70 < pane.clientWidth) ?? TICKS_MS.at(-1);
  const marks = [];
  for (let at = Math.ceil(from / every) * every; at <= to && every; at += every) {
    const minutes = Math.floor(at / 60000);
    const seconds = String(Math.floor((at % 60000) / 1000)).padStart(2, "0");
    const left = app.window.shareOf(at) * 100;
    if (left < 97) marks.push(el("span", { vars: { left: `${left}%` } }, `${minutes}:${seconds}`));
  }
  pane.replaceChildren(...marks);
}

export function drawLoudness(pane, app) {
  const width = pane.clientWidth;
  const loud = app.view.loudness;
  if (!width || !loud) return;
  const y = (lufs) => ((loud.target_lufs + SPREAD_LU - lufs) / (2 * SPREAD_LU)) * CURVE_PX;
  const held = (lufs) => Math.max(2, Math.min(CURVE_PX - 2, y(lufs)));
  let d = "";
  let pen = "M";
  const first = Math.max(0, Math.floor(app.window.from / loud.step_ms) - 1);
  const last = Math.min(loud.values_lufs.length - 1, Math.ceil(app.window.to / loud.step_ms) + 1);
  const skip = Math.max(1, Math.floor((last - first) / width));
  for (let at = first; at <= last; at += skip) {
    const lufs = loud.values_lufs[at];
    if (lufs === null || lufs === undefined) {
      pen = "M";
      continue;
    }
    d += `${pen}${(app.window.shareOf(at * loud.step_ms) * width).toFixed(1)} ${held(lufs).toFixed(1)}`;
    pen = "L";
  }
  const target = y(loud.target_lufs);
  const words = `Loudness over time against ${loud.label}`;
  pane.replaceChildren(
    svg("svg", { viewBox: `0 0 ${width} ${CURVE_PX}`, width, height: CURVE_PX, role: "img", "aria-label": words },
      svg("line", { x1: 0, x2: width, y1: target, y2: target, class: "target" }),
      svg("path", { d, class: "curve" })),
  );
}
