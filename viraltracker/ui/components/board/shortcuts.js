// Which key does what. Each answers whether it was for the board.

import { currentTake, cursor, shown } from "./model.js";
import { goTo, toggleOpen } from "./rows.js";
import { pick, toggleStar, generate } from "./takes.js";
import { toggleLock } from "./text.js";
import { again } from "./revise.js";

const NEEDS_A_LOOK = new Set(["review", "failed", "stale"]);

export function press(app, key, event, target) {
  if (app.help.open) return key === "?" || key === "Escape" ? (app.help.toggle(), true) : false;
  if (key === "Escape") return escape(app, target);
  const act = KEYS[key];
  if (act) return act(app, cursor(app)) !== false;
  if (/^[1-9]$/.test(key)) return pickNumber(app, cursor(app), Number(key));
  return false;
}

const KEYS = {
  " ": (app) => app.player.toggle(),
  ArrowDown: (app, row) => step(app, row, 1),
  ArrowUp: (app, row) => step(app, row, -1),
  Enter: (app, row) => row && toggleOpen(app, row.id),
  a: (app, row) => row && app.player.compare(row),
  r: (app, row) => row && retake(app, row),
  s: (app, row) => row && toggleStar(app, row, currentTake(app, row)),
  l: (app, row) => row && toggleLock(app, row),
  n: (app, row) => nextToReview(app, row),
  u: (app) => app.send("undo"),
  "/": (app) => app.toolbar.focus(),
  "?": (app) => app.help.toggle(),
};

function step(app, row, by) {
  const rows = shown(app);
  const at = rows.findIndex((one) => one.id === row?.id);
  const next = rows[Math.max(0, Math.min(rows.length - 1, at + by))];
  if (next) goTo(app, next.id);
}

function pickNumber(app, row, number) {
  const take = row?.takes.find((one) => one.number === number);
  if (take && row.selected !== take.id) pick(app, row, take);
  return Boolean(take);
}

function retake(app, row) {
  if (!row.takes.length && row.generate) return generate(app, row);
  if (app.kept.get("open") !== row.id) toggleOpen(app, row.id, true);
  return again(app, row);
}

function nextToReview(app, row) {
  const rows = app.view.beats;
  const at = rows.indexOf(row);
  const next = [...rows.slice(at + 1), ...rows.slice(0, at + 1)].find((one) => NEEDS_A_LOOK.has(one.state));
  if (!next) return app.say("Nothing is left to review.");
  if (!shown(app).includes(next)) {
    app.kept.set("filter", "all");
    app.toolbar.clear();
  }
  toggleOpen(app, next.id, true);
  return goTo(app, next.id);
}

function escape(app, target) {
  if (target?.matches?.("input, textarea")) return false;
  if (app.kept.get("query") || app.kept.get("filter") !== "all") {
    app.kept.set("filter", "all");
    app.toolbar.clear();
    return true;
  }
  const open = app.kept.get("open");
  if (!open) return false;
  toggleOpen(app, open, false);
  goTo(app, open);
  return true;
}
