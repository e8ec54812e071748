// A waveform from stored peaks (base64, one byte a bin), as strokes that take the colour of the text around them.

import { el, svg } from "./dom.js";

const STEP = 3;
const STROKE = 1.8;
const QUIETEST = 0.22; // a quiet take shall look quiet: the scale never grows beyond this peak

export function decodePeaks(text) {
  if (!text) return new Uint8Array(0);
  try {
    return Uint8Array.from(atob(text), (letter) => letter.charCodeAt(0));
  } catch {
    return new Uint8Array(0);
  }
}

// `count` bars of 0..1 from any number of bins.
export function bars(bins, count) {
  const loudest = Math.max(QUIETEST, bins.reduce((most, bin) => Math.max(most, bin), 0) / 255);
  return Array.from({ length: count }, (_, index) => {
    const from = Math.floor((index * bins.length) / count);
    const to = Math.max(from + 1, Math.floor(((index + 1) * bins.length) / count));
    let most = 0;
    for (let bin = from; bin < to && bin < bins.length; bin += 1) most = Math.max(most, bins[bin]);
    return most / 255 / loudest;
  });
}

export function strokes(heights, width, height) {
  const step = width / heights.length;
  return heights
    .map((share, index) => {
      const half = Math.max(0.25, (share * (height - STROKE)) / 2);
      const x = (index * step + step / 2).toFixed(1);
      return `M${x} ${(height / 2 - half).toFixed(1)}V${(height / 2 + half).toFixed(1)}`;
    })
    .join("");
}

// Two layers: all of it, and above it what was played (--played, 0..100%). Drawn when it is first seen.
export function waveform(peaks, height = 24) {
  const box = el("span", { class: "wave", "aria-hidden": "true" });
  const draw = () => {
    const width = box.clientWidth;
    if (!width) return;
    const bins = decodePeaks(peaks);
    const d = strokes(bars(bins, Math.max(8, Math.floor(width / STEP))), width, height);
    box.replaceChildren(layer("all", d, width, height), layer("done", d, width, height));
  };
  watcher(draw, box);
  return box;
}

function layer(name, d, width, height) {
  const look = { d, stroke: "currentColor", "stroke-width": STROKE, "stroke-linecap": "round", fill: "none" };
  return svg(
    "svg",
    { class: name, viewBox: `0 0 ${width} ${height}`, preserveAspectRatio: "none" },
    svg("path", look),
  );
}

const drawings = new WeakMap();
const seen = new IntersectionObserver(
  (entries) => {
    for (const { isIntersecting, target } of entries) {
      if (!isIntersecting) continue;
      seen.unobserve(target);
      drawings.get(target)?.();
      sized.observe(target);
    }
  },
  { rootMargin: "200px" },
);
const sized = new ResizeObserver((entries) => {
  for (const { target } of entries) {
    const drawn = target.firstElementChild?.viewBox.baseVal.width ?? 0;
    if (Math.abs(drawn - target.clientWidth) > STEP) drawings.get(target)?.();
  }
});

function watcher(draw, box) {
  drawings.set(box, draw);
  seen.observe(box);
}
