// What is typed and may not be saved, kept in this tab over a refresh of the page, a restart of the studio and the browser's
// "back"; per person and script. Python has it too, a moment later and as long as it lives.

export function paper() {
  let draft = "";
  const name = () => `studio-script:${draft}`;

  return {
    // `wanted` is whose it is, a colon, and which script. What others left in this tab goes: they have signed out.
    // `fresh`: what was kept has become a session since.
    of(wanted, fresh) {
      draft = wanted;
      const mine = `studio-script:${draft.split(":")[0]}:`;
      try {
        for (const key of Object.keys(sessionStorage)) {
          if (key.startsWith("studio-script:") && !key.startsWith(mine)) sessionStorage.removeItem(key);
        }
        if (fresh) sessionStorage.removeItem(name());
      } catch { /* a browser that forbids it keeps nothing either */ }
    },
    // {base, text}, or null where nothing was kept.
    read() {
      try {
        return JSON.parse(sessionStorage.getItem(name()) ?? "null");
      } catch {
        return null;
      }
    },
    write(base, text) {
      try {
        sessionStorage.setItem(name(), JSON.stringify({ base, text }));
      } catch { /* a browser may forbid it, or have no room; then a refresh shows what Python knows */ }
    },
  };
}
