// A lane for each character with the clips in sight.

import { el, colour, letGo } from "../shared/dom.js";
import { running } from "../shared/sound.js";

const LABEL_PX = 27; // two digits and the padding; half a number would be another number

// acts: {seek(ms), open(beat)}
export function drawLanes(names, pane, app, acts) {
  const { lanes, cast } = app.view;
  names.replaceChildren(...lanes.map((lane) => colour(el("div", { class: "who" }, lane.who), cast[lane.who])));
  const focused = pane.getRootNode().activeElement?.dataset?.beat;
  pane.replaceChildren(...lanes.map((lane) =>
    el("div", { class: "lane", role: "listitem", "aria-label": lane.who }, lane.clips
      .filter((clip) => clip.end_ms >= app.window.from && clip.start_ms <= app.window.to)
      .map((clip) => clipNode(app, lane, clip, pane, acts)))));
  if (focused) pane.querySelector(`[data-beat="${CSS.escape(focused)}"]`)?.focus({ preventScroll: true });
}

function clipNode(app, lane, clip, pane, acts) {
  const left = app.window.shareOf(clip.start_ms) * 100;
  const width = app.window.shareOf(clip.end_ms) * 100 - left;
  const words = `${clip.label} ${clip.name}, ${running(clip.start_ms)} to ${running(clip.end_ms)}. Double click opens it in Takes.`;
  const node = el(
    "button",
    {
      class: "clip",
      "data-beat": clip.beat,
      title: words,
      "aria-label": words,
      vars: { left: `${left}%`, width: `${width}%` },
      onclick: (event) => {
        letGo(event);
        acts.seek(clip.start_ms);
      },
      ondblclick: () => acts.open(clip.beat),
    },
    width > 12 ? `${clip.label} ${clip.name}` : (width / 100) * pane.clientWidth >= LABEL_PX ? clip.label : "",
  );
  return colour(node, app.view.cast[lane.who]);
}
