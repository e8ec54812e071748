// The stretch of time that is in sight.

const SHORTEST_MS = 2000;

export function timeWindow(changed) {
  let length = 0;
  let from = 0;
  let to = 0;

  function set(start, end) {
    const span = Math.min(length, Math.max(Math.min(SHORTEST_MS, length), end - start));
    from = Math.max(0, Math.min(length - span, start));
    to = from + span;
    changed();
  }
  return {
    get from() {
      return from;
    },
    get to() {
      return to;
    },
    get whole() {
      return to - from >= length;
    },
    // A new length keeps the window where it is; a first one shows all.
    fit(duration_ms) {
      if (duration_ms === length) return;
      const all = to - from >= length;
      length = duration_ms;
      if (all) [from, to] = [0, length];
      else [from, to] = [Math.min(from, length), Math.min(to, length)];
    },
    all: () => set(0, length),
    zoom(by, around = (from + to) / 2) {
      const span = (to - from) / by;
      const share = to > from ? (around - from) / (to - from) : 0.5;
      set(around - span * share, around + span * (1 - share));
    },
    pan: (share) => set(from + share * (to - from), to + share * (to - from)),
    follow(ms) {
      if (ms >= from && ms <= to) return;
      set(ms - (to - from) * 0.05, ms + (to - from) * 0.95);
    },
    shareOf: (ms) => (to > from ? (ms - from) / (to - from) : 0),
    timeAt: (share) => from + share * (to - from),
  };
}
