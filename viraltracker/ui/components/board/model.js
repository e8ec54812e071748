// Questions about the board's rows that more than one part asks.

export function shown(app) {
  const chip = app.view.filters.find((filter) => filter.id === app.kept.get("filter"));
  const words = app.kept.get("query").toLowerCase().split(/\s+/).filter(Boolean);
  return app.view.beats.filter((row) => passes(chip, row) && words.every((word) => haystack(row).includes(word)));
}

function passes(chip, row) {
  if (!chip) return true;
  if (chip.state) return row.state === chip.state;
  if (chip.who) return row.who === chip.who || (row.others ?? []).includes(chip.who);
  return true;
}

function haystack(row) {
  row.found ??= [row.number, row.name, row.who, row.note, row.direction, ...(row.text ?? []).map((span) => span.text)]
    .filter(Boolean)
    .join(" ")
    .toLowerCase();
  return row.found;
}

export function playable(take) {
  return Boolean(take?.url);
}

export function takeOf(row, id) {
  return row?.takes.find((take) => take.id === id);
}

// The take that the keys speak of: the one heard last, else the picked, else the newest.
export function currentTake(app, row) {
  if (!row) return undefined;
  const heard = takeOf(row, app.heard.get(row.id));
  return heard ?? takeOf(row, row.selected) ?? row.takes.findLast(playable) ?? row.takes.at(-1);
}

// The other one of a comparison: heard before, else the picked, else the take before the current.
export function otherTake(app, row) {
  const current = currentTake(app, row);
  const rest = row.takes.filter((take) => playable(take) && take !== current);
  const before = rest.find((take) => take.id === app.pairs.get(row.id));
  return before ?? rest.find((take) => take.id === row.selected) ?? rest.at(-1);
}

// What an episode would play of this beat.
export function voiceOf(row) {
  return takeOf(row, row.selected);
}

export function cursor(app) {
  const at = app.rows.get(app.kept.get("at"));
  return at ?? shown(app)[0];
}
