// Places in a text. Python counts code points, a textarea UTF-16 units; lines end at \n alone.

// The UTF-16 index of a 1-based line and column (in code points); held to the line's end.
export function indexOf(text, line, column) {
  let start = 0;
  for (let passed = 1; passed < line; passed += 1) {
    const next = text.indexOf("\n", start);
    if (next < 0) return text.length;
    start = next + 1;
  }
  const end = text.indexOf("\n", start);
  return start + unitsOf(text.slice(start, end < 0 ? text.length : end), column - 1);
}

// How many UTF-16 units the first `points` code points of a line take.
export function unitsOf(line, points) {
  let units = 0;
  for (let left = points; left > 0 && units < line.length; left -= 1) {
    units += line.codePointAt(units) > 0xffff ? 2 : 1;
  }
  return units;
}

// The 1-based line and column (in code points) of a UTF-16 index.
export function pointOf(text, index) {
  let line = 1;
  let start = 0;
  for (let next = text.indexOf("\n"); next >= 0 && next < index; next = text.indexOf("\n", start)) {
    line += 1;
    start = next + 1;
  }
  return { line, column: [...text.slice(start, index)].length + 1 };
}

// Makes the focused textarea hold `text` by one edit of what differs.
export function splice(area, text) {
  const old = area.value;
  if (old === text) return;
  const most = Math.min(old.length, text.length);
  let head = 0;
  while (head < most && old[head] === text[head]) head += 1;
  let tail = 0;
  while (tail < most - head && old[old.length - 1 - tail] === text[text.length - 1 - tail]) tail += 1;
  const caret = area.selectionStart;
  area.setSelectionRange(head, old.length - tail);
  const fresh = text.slice(head, text.length - tail);
  const edited = fresh ? document.execCommand("insertText", false, fresh) : document.execCommand("delete");
  if (!edited || area.value !== text) area.value = text;
  const moved = caret <= head ? caret : Math.max(head, caret + text.length - old.length);
  area.setSelectionRange(moved, moved);
}
