// What a line of ELS looks like, by simple rules; Python alone knows what is right. A line's rules depend on where it stands:
// outside, in META, in a beat's header, in its body.

const TAG = /\[[A-Za-z][\w-]*(?::[^\]\n]*)?\]/g;
const STRONG = /\*\*(?=\S)(?:[^*\n]|\*(?!\*))+?(?<=\S)\*\*/g;
const LIGHT = /(?<!\*)\*(?=[^\s*])[^*\n]*?(?<=[^\s*])\*(?!\*)/g;
const KEY = /^\s*[A-Za-z_][\w ]*:/;

// Where a line leads, whatever stood before: asked once per line, as a long script has twenty thousand.
export function turnOf(line) {
  if (/^\s*\[META\]/i.test(line)) return "meta";
  if (/^\s*\[BEAT:/i.test(line)) return "head";
  if (/\[END_BEAT\]/i.test(line)) return "out";
  return /^\s*---\s*$/.test(line) ? "body" : "";
}

export function stateAfter(state, turn) {
  if (turn === "body") return state === "head" ? "body" : state;
  return turn || state;
}

// Pieces [start, end, class] of a line that stands in `state`; they don't overlap.
export function piecesOf(state, line) {
  const pieces = [];
  const add = (pattern, kind) => {
    for (const found of line.matchAll(pattern)) {
      const [start, end] = [found.index, found.index + found[0].length];
      if (!pieces.some((piece) => start < piece[1] && end > piece[0])) pieces.push([start, end, kind]);
    }
  };
  add(TAG, "tag");
  if (state === "meta" || state === "head") {
    const key = KEY.exec(line);
    if (key && !pieces.length) pieces.push([0, key[0].length, "tag"]);
  } else if (state === "body") {
    add(STRONG, "strong");
    add(LIGHT, "light");
  }
  return pieces.sort((one, other) => one[0] - other[0]);
}

// A line as [text, classes] cut wherever a colour or a mark begins or ends. `marks` are [start, end, severity].
export function runsOf(state, line, marks) {
  const pieces = piecesOf(state, line);
  const cuts = new Set([0, line.length]);
  for (const [start, end] of [...pieces, ...marks]) cuts.add(Math.min(start, line.length)).add(Math.min(end, line.length));
  const edges = [...cuts].sort((one, other) => one - other);
  return edges.slice(0, -1).map((from, index) => {
    const to = edges[index + 1];
    const within = ([start, end]) => start <= from && end >= to;
    const kind = pieces.find(within)?.[2] ?? "";
    const mark = marks.filter(within).map(([, , severity]) => severity);
    const wave = mark.includes("error") ? "sq" : mark.length ? "sqw" : "";
    return [line.slice(from, to), [kind, wave].filter(Boolean).join(" ")];
  });
}
