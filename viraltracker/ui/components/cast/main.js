// The cast sheet: a card per character, one player for all test lines.

import { el, swap } from "../shared/dom.js";
import { letterbox } from "../shared/letterbox.js";
import { mounted } from "../shared/mount.js";
import { sound } from "../shared/sound.js";
import { cardNode } from "./card.js";

function cast(root) {
  const box = letterbox();
  const grid = el("div", { class: "grid" });
  const app = {
    view: { cards: [], voices: [] },
    drafts: new Map(),
    lines: new Map(),
    sounding: null,
    playing: false,
    send: (kind, facts) => box.send(kind, facts),
  };
  const drawn = new Map();
  root.append(grid);

  const player = sound(root, {
    time: () => {},
    playing: (on) => {
      app.playing = on;
      show();
    },
    ended: () => show(),
    failed: () => {
      app.sounding = null;
      show();
    },
  });
  function show() {
    for (const [character, { node }] of drawn) node.showSound(app.sounding === character && app.playing);
  }
  app.hear = (card) => {
    if (app.sounding === card.character && app.playing) return player.pause();
    app.sounding = card.character;
    return player.start(card.heard.url);
  };
  app.redraw = (character) => {
    drawn.get(character).facts = "";
    draw();
  };

  function draw() {
    const cards = app.view.cards;
    for (const [name, { node }] of drawn) {
      if (cards.some((card) => card.character === name)) continue;
      node.remove();
      drawn.delete(name);
    }
    cards.forEach((card, index) => {
      const chosen = app.view.selected === card.character;
      const facts = JSON.stringify([card, app.view.voices, chosen]);
      const old = drawn.get(card.character);
      let node = old?.node;
      if (old?.facts !== facts) {
        node = cardNode(app, card, chosen);
        if (old) swap(old.node, node);
        drawn.set(card.character, { facts, node, nonce: old ? old.nonce : card.heard?.nonce });
      }
      if (grid.children[index] !== node) grid.insertBefore(node, grid.children[index] ?? null);
      const entry = drawn.get(card.character);
      if (card.heard && entry.nonce !== card.heard.nonce) {
        entry.nonce = card.heard.nonce;
        app.hear(card);
      }
    });
    show();
  }

  return {
    update({ data, setTriggerValue }) {
      box.update(setTriggerValue, data.receipt);
      app.view = { cards: [], voices: [], ...data.view };
      draw();
    },
    close() {
      player.close();
      box.close();
    },
  };
}

export default mounted(cast);
