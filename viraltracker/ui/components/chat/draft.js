// What is typed and not yet said, kept over a refresh of the page; per conversation.

const FRESH_DRAFT = { text: "", nonce: "" };

export function draft(conversation) {
  const name = `studio-chat:${conversation}`;
  let kept = { ...FRESH_DRAFT };
  try {
    kept = { ...FRESH_DRAFT, ...JSON.parse(sessionStorage.getItem(name) ?? "{}") };
  } catch { /* a browser may forbid it; then a refresh starts empty */ }

  return {
    get(key) {
      return kept[key];
    },
    set(key, value) {
      kept[key] = value;
      try {
        sessionStorage.setItem(name, JSON.stringify(kept));
      } catch { /* the same, or too much for it */ }
    },
  };
}
