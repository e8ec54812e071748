// The cast sheet: a card per character, one player for all test lines.

import { el, swap } from "../shared/dom.js";
import { letterbox } from "../shared/letterbox.js";
import { mounted } from "../shared/mount.js";
import { isNews } from "../shared/once.js";
import { sound } from "../shared/sound.js";
import { cardNode } from "./card.js";

function cast(root) {
  const box = letterbox(root);
  const grid = el("div", { class: "grid" });
  const app = {
    view: { cards: [], voices: [] },
    drafts: new Map(),
    lines: new Map(),
    sounding: null,
    broken: null,
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
      app.broken = app.sounding;
      app.sounding = null;
      draw();
    },
  });
  function show() {
    for (const [character, { node }] of drawn) node.showSound(app.sounding === character && app.playing);
  }
  function start(card) {
    app.sounding = card.character;
    app.broken = null;
    draw();
    player.start(card.heard.url);
  }
  app.hear = (card) => (app.sounding === card.character && app.playing ? player.pause() : start(card));
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
      const facts = JSON.stringify([card, app.view.voices, chosen, app.broken === card.character]);
      const old = drawn.get(card.character);
      let node = old?.node;
      if (old?.facts !== facts) {
        node = cardNode(app, card, chosen);
        if (old) swap(old.node, node);
        drawn.set(card.character, { facts, node });
      }
      if (grid.children[index] !== node) grid.insertBefore(node, grid.children[index] ?? null);
    });
    show();
  }

  return {
    update({ data, setTriggerValue }) {
      box.update(setTriggerValue, data.receipt);
      app.view = { cards: [], voices: [], ...data.view };
      draw();
      const news = app.view.cards.filter((card) => isNews(card.heard)).at(-1);
      if (news) start(news);
    },
    close() {
      player.close();
      box.close();
    },
  };
}

export default mounted(cast);
