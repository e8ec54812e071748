// Who is heard: one sound at a time, a take alone or the episode from here on, beat after beat with its pauses.

import { sound } from "../shared/sound.js";
import { currentTake, cursor, otherTake, playable, takeOf, voiceOf } from "./model.js";
import { goTo } from "./rows.js";

// told: {moved(), changed()}
export function player(app, told) {
  const state = { beat: null, take: null, onward: false, playing: false, share: 0, time_ms: 0, resting: 0 };
  let again = null;
  const out = sound(app.root, {
    time(ms) {
      const length = takeNow()?.duration_ms ?? 0;
      state.time_ms = ms;
      state.share = length ? Math.min(1, ms / length) : 0;
      told.changed();
    },
    playing(on) {
      if (on) again = null;
      if (!on && state.resting) return;
      state.playing = on;
      told.changed();
    },
    ended,
    failed(message) {
      state.playing = false;
      told.changed();
      if (again) app.say(message);
      else {
        // A link lives for an hour or two; a page that rested longer asks for new ones, once.
        again = { beat: state.beat, take: state.take, url: takeNow()?.url, how: { from: state.time_ms, onward: state.onward } };
        app.send("refresh");
      }
    },
  });

  function takeNow() {
    return takeOf(app.rows.get(state.beat), state.take);
  }

  function rest() {
    clearTimeout(state.resting);
    state.resting = 0;
  }

  function begin(row, take, { from = 0, onward = false, gain = 1 } = {}) {
    if (!playable(take)) return;
    rest();
    const before = app.heard.get(row.id);
    if (before && before !== take.id) app.pairs.set(row.id, before);
    app.heard.set(row.id, take.id);
    Object.assign(state, { beat: row.id, take: take.id, onward, time_ms: from, share: 0 });
    app.kept.set("at", row.id);
    out.start(take.url, from, gain);
    app.redraw();
    if (onward) warm(nextOf(row)?.take);
  }

  // The next beat that an episode would speak.
  function nextOf(row) {
    const rows = app.view.beats;
    for (let index = rows.indexOf(row) + 1; index > 0 && index < rows.length; index += 1) {
      const take = voiceOf(rows[index]);
      if (playable(take)) return { row: rows[index], take };
    }
    return null;
  }

  function ended() {
    const row = app.rows.get(state.beat);
    const next = state.onward && row ? nextOf(row) : null;
    if (!next) {
      Object.assign(state, { playing: false, share: 0, time_ms: 0 });
      told.changed();
      return;
    }
    state.resting = setTimeout(() => {
      state.resting = 0;
      begin(next.row, next.take, { onward: true });
      goTo(app, next.row.id, false);
      told.moved();
    }, row.pause_ms ?? 0);
  }

  function onwardFrom(row) {
    const first = playable(currentTake(app, row)) ? { row, take: currentTake(app, row) } : nextOf(row);
    if (!first) return app.say("There is nothing to play from here on: no beat below has a picked take.");
    begin(first.row, first.take, { onward: true });
    return goTo(app, first.row.id, false);
  }

  function stop() {
    const resting = Boolean(state.resting);
    rest();
    out.pause();
    if (!resting) return;
    state.playing = false;
    told.changed();
  }

  return {
    state,
    // The space bar: stop; go on where it stopped; or play from the beat where the cursor is.
    toggle() {
      if (state.playing) return stop();
      const row = cursor(app);
      const halfway = state.share > 0 && state.share < 0.999;
      if (row && state.beat === row.id && halfway) return out.resume();
      return row && onwardFrom(row);
    },
    toggleTake(beat, id) {
      if (state.take === id && state.playing) return stop();
      if (state.take === id && state.share > 0 && state.share < 0.999) return out.resume();
      const row = app.rows.get(beat);
      return begin(row, takeOf(row, id));
    },
    seekTake(beat, id, share) {
      const row = app.rows.get(beat);
      const take = takeOf(row, id);
      const from = Math.max(0, share) * (take?.duration_ms ?? 0);
      if (state.take === id) {
        out.seek(from);
        if (!state.playing) out.resume();
      } else begin(row, take, { from });
    },
    // A: the other take from its beginning; both as loud as the quieter one.
    compare(row) {
      const now = currentTake(app, row);
      const other = otherTake(app, row);
      if (!playable(other)) return app.say("A comparison needs two takes.");
      return begin(row, other, { gain: matched(other, now) });
    },
    // Called with every new data: the take that failed has a fresh link now.
    retry() {
      const row = again && app.rows.get(again.beat);
      const take = takeOf(row, again?.take);
      if (!take || take.url === again.url) return;
      again.url = take.url;
      begin(row, take, again.how);
    },
    close() {
      rest();
      out.close();
    },
  };
}

export function matched(take, other) {
  if (!Number.isFinite(take?.lufs) || !Number.isFinite(other?.lufs)) return 1;
  return Math.min(1, 10 ** ((other.lufs - take.lufs) / 20));
}

// Fetches what comes next, so that the pause between two beats is the script's and not the network's.
function warm(take) {
  if (take) fetch(take.url, { priority: "low" }).catch(() => undefined);
}
