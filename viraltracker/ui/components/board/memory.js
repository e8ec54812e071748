// What the board remembers of itself over reruns and over a refresh of the page: ids and a scroll position, per session.

const FRESH = { open: null, at: null, filter: "all", query: "", scroll: 0 };

const nameOf = (session) => `studio-board:${session}`;

// The board comes up with this beat open and in sight: how the timeline opens one.
export function leaveOpen(session, beat) {
  try {
    const before = JSON.parse(sessionStorage.getItem(nameOf(session)) ?? "{}");
    const wish = { open: beat, at: beat, filter: "all", query: "" };
    sessionStorage.setItem(nameOf(session), JSON.stringify({ ...FRESH, ...before, ...wish }));
  } catch { /* a browser may forbid it; then the board comes up as it was */ }
}

export function memory() {
  let name = "";
  let kept = { ...FRESH };
  let unscrolled = false;

  function store() {
    try {
      sessionStorage.setItem(name, JSON.stringify(kept));
    } catch { /* a browser may forbid it; then a refresh starts at the top */ }
  }
  return {
    belongsTo(session) {
      const wanted = nameOf(session);
      if (wanted === name) return;
      name = wanted;
      try {
        kept = { ...FRESH, ...JSON.parse(sessionStorage.getItem(name) ?? "{}") };
      } catch {
        kept = { ...FRESH };
      }
      unscrolled = true;
    },
    get(key) {
      return kept[key];
    },
    set(key, value) {
      if (kept[key] === value) return;
      kept[key] = value;
      store();
    },
    restoreScroll(list) {
      if (!unscrolled) return;
      unscrolled = false;
      list.scrollTop = kept.scroll;
      if (kept.open) list.querySelector(`[data-beat="${CSS.escape(kept.open)}"]`)?.scrollIntoView({ block: "nearest" });
    },
  };
}
