// The board of beats. Data come in as a whole with every change; rows are patched in place, so what is open, typed, scrolled
// and heard stays as it is.

import { el } from "../shared/dom.js";
import { letterbox } from "../shared/letterbox.js";
import { mounted, fillWindow } from "../shared/mount.js";
import { listen } from "../shared/keys.js";
import { memory } from "./memory.js";
import { toolbar } from "./toolbar.js";
import { patchRows, markPlaying, markCursor, toggleOpen } from "./rows.js";
import { transport } from "./transport.js";
import { player } from "./player.js";
import { press } from "./shortcuts.js";
import { helpSheet } from "./help.js";

const SAID_MS = 3500;

function board(root) {
  const box = letterbox(root);
  const app = {
    root,
    view: { beats: [], filters: [], cast: {}, paces: {} },
    rows: new Map(),
    kept: memory(),
    drafts: new Map(),
    heard: new Map(),
    pairs: new Map(),
    guesses: new Map(),
    busy: new Set(),
    list: el("div", { class: "board", role: "list", "aria-label": "Beats", tabindex: -1 }),
    said: el("div", { class: "said", role: "status", "aria-live": "polite" }),
    send: (kind, facts) => box.send(kind, facts),
  };
  app.redraw = () => redraw(app);
  app.toggleOpen = (id) => toggleOpen(app, id);
  // Said to everybody, or only to those who listen instead of looking.
  let silence = 0;
  app.say = (text, aloud = true) => {
    app.said.textContent = text;
    app.said.classList.toggle("seen", aloud);
    clearTimeout(silence);
    silence = setTimeout(() => app.said.classList.remove("seen"), SAID_MS);
  };
  // What a click will surely bring is shown at once, and again until Python has read the click.
  app.guess = (beat, facts) => {
    app.guesses.set(beat, { ...app.guesses.get(beat), ...facts });
    Object.assign(app.rows.get(beat), facts);
    redraw(app);
  };
  app.player = player(app, { moved: () => markCursor(app), changed: () => changed(app) });
  app.toolbar = toolbar(app);
  app.transport = transport(app);
  app.help = helpSheet();
  root.append(app.toolbar.node, app.list, app.transport.node, app.help.node, app.said);
  app.list.addEventListener("scroll", () => app.kept.set("scroll", app.list.scrollTop), { passive: true });
  const endings = [fillWindow(root), listen((key, event, target) => press(app, key, event, target))];

  return {
    update({ data, setTriggerValue }) {
      box.update(setTriggerValue, data.receipt);
      take(app, data.view, box.idle);
      redraw(app);
      app.player.retry();
      app.kept.restoreScroll(app.list);
    },
    close() {
      clearTimeout(silence);
      box.close();
      app.player.close();
      for (const end of endings) end();
    },
  };
}

function take(app, view, settled) {
  if (settled) {
    app.guesses.clear();
    app.busy.clear();
  }
  app.view = { beats: [], filters: [], cast: {}, paces: {}, makes: true, ...view };
  app.kept.belongsTo(app.view.session);
  app.rows = new Map();
  for (const row of app.view.beats) {
    row.takes ??= [];
    app.rows.set(row.id, Object.assign(row, app.guesses.get(row.id)));
  }
}

function changed(app) {
  markPlaying(app);
  app.transport.draw();
}

function redraw(app) {
  app.toolbar.draw();
  patchRows(app);
  markCursor(app);
  markPlaying(app);
  app.transport.draw();
}

export default mounted(board);
