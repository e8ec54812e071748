// A test line that was asked for sounds by itself, once in the life of the window: a part is made anew now and then, draws
// what was heard long ago, and what came while it was away.

const SOUNDED = Symbol.for("studio-sounded");

// Whether `heard` sounds now for the first time; it counts as heard from here on.
export function isNews(heard) {
  const sounded = (window[SOUNDED] ??= new Set());
  if (!heard || sounded.has(heard.nonce)) return false;
  sounded.add(heard.nonce);
  return true;
}

// What is said of one whose link has run out.
export const UNPLAYABLE = "It can't be played any more. Speak it again.";
