// The voice workers: a card each, one test line for all, one player. Drawn again every second or so, card by card,
// where something differs.

import { el, icon, swap, letGo } from "../shared/dom.js";
import { hinted } from "../shared/hint.js";
import { letterbox } from "../shared/letterbox.js";
import { mounted } from "../shared/mount.js";
import { isNews, UNPLAYABLE } from "../shared/once.js";
import { sound } from "../shared/sound.js";

function workers(root) {
  const box = letterbox(root);
  const app = { view: {}, line: null, sounding: "", broken: "", playing: false, send: (facts) => box.send("tended", facts) };
  const line = el("input", { class: "field line", "aria-label": "Test line of the voice workers", maxlength: 500, oninput: () => {
    app.line = line.value;
  }, onkeydown: (event) => event.stopPropagation() });
  const bar = el("label", { class: "row nowrap bar" }, el("span", { class: "meta" }, "Test line"), line);
  const list = el("div");
  const nothing = el("p", { class: "meta nothing" });
  root.append(el("section", { class: "card", "aria-label": "Voice workers" }, el("h3", {}, "Voice workers"), bar, list, nothing));
  const drawn = new Map();

  const player = sound(root, {
    time: () => {},
    playing: (on) => {
      app.playing = on;
      show();
    },
    ended: () => show(),
    failed: () => {
      app.broken = app.sounding;
      app.sounding = "";
      draw();
    },
  });
  const show = () => {
    for (const button of root.querySelectorAll("[data-sound]")) {
      const on = app.playing && button.dataset.sound === app.sounding;
      if (button.dataset.shown === String(on)) continue;
      button.dataset.shown = String(on);
      button.replaceChildren(icon(on ? "pause" : "play", 11));
      button.classList.toggle("on", on);
      button.setAttribute("aria-label", `${on ? "Stop" : "Play"} the test line of ${button.dataset.title}`);
    }
  };
  function start(model) {
    app.sounding = model.id;
    app.broken = "";
    draw();
    player.start(model.heard.url);
  }
  app.hear = (model) => (app.playing && app.sounding === model.id ? player.pause() : start(model));
  app.text = () => line.value;

  function hearNews() {
    const models = (app.view.workers ?? []).flatMap((worker) => worker.models ?? []);
    const news = models.filter((model) => isNews(model.heard)).at(-1);
    if (news) start(news);
  }

  function draw() {
    const cards = app.view.workers ?? [];
    for (const [id, { node }] of drawn) {
      if (cards.some((card) => card.id === id)) continue;
      node.remove();
      drawn.delete(id);
    }
    cards.forEach((card, index) => {
      const facts = JSON.stringify([card, app.broken]);
      const old = drawn.get(card.id);
      let node = old?.node;
      if (old?.facts !== facts) {
        node = workerNode(app, card);
        if (old) swap(old.node, node);
        drawn.set(card.id, { facts, node });
      }
      if (list.children[index] !== node) list.insertBefore(node, list.children[index] ?? null);
    });
    bar.hidden = !cards.some((card) => card.models);
    if (app.line === null && line.value !== app.view.line) line.value = app.view.line ?? "";
    nothing.hidden = !app.view.nothing;
    nothing.replaceChildren(app.view.nothing ?? "", app.view.command ? el("code", {}, app.view.command) : "");
    show();
  }

  return {
    update({ data, setTriggerValue }) {
      box.update(setTriggerValue, data.receipt);
      app.view = data.view;
      draw();
      hearNews();
    },
    close() {
      player.close();
      box.close();
    },
  };
}

function workerNode(app, card) {
  return el("div", { class: "worker", role: "group", "aria-label": card.name },
    el("div", { class: "row nowrap" }, el("i", { class: "dot", vars: { "--c": `var(--${card.badge.tone})` } }),
      el("b", { class: "cut" }, card.name), el("span", { class: "meta cut grow" }, card.address ?? ""), badgeNode(card.badge)),
    card.now && el("div", { class: "meta" }, card.now),
    card.problem && el("div", { class: "problem" }, card.problem),
    (card.models ?? []).map((model) => modelNode(app, card, model)));
}

function modelNode(app, card, model) {
  const name = `${model.title} on ${card.name}`;
  const heard = model.heard && el("div", { class: "row nowrap heard" },
    el("button", { class: "play", "data-sound": model.id, "data-title": name, "data-field": `play-${model.id}`, onclick: (event) => {
      letGo(event);
      app.hear(model);
    } }), el("span", { class: "num" }, model.heard.clock), el("span", { class: "meta" }, model.words),
  app.broken === model.id && el("span", { class: "problem", role: "alert" }, UNPLAYABLE));
  return el("div", { class: "model", role: "group", "aria-label": name },
    el("div", { class: "row nowrap" }, el("span", { class: "title cut grow" }, model.title), badgeNode(model.badge)),
    el("div", { class: "meta about" }, model.about ?? ""),
    model.now && el("div", { class: "meta" }, model.now),
    model.problem && el("div", { class: "problem", role: "alert" }, model.problem),
    (model.actions || model.waiting) && el("div", { class: "row below" }, (model.actions ?? []).map((action) => actionNode(app, model, action, name)),
      model.waiting && el("span", { class: "meta", role: "status" }, model.waiting)),
    heard);
}

function badgeNode({ word, tone, reasons }) {
  return hinted(el("span", { class: "q", vars: { "--qc": `var(--${tone})`, "--qi": `var(--${tone}-ink)` } }, word), reasons ?? []);
}

function actionNode(app, model, action, name) {
  return el("button", { class: "btn small", "aria-label": `${action.label}: ${name}`, "data-field": `${action.id}-${model.id}`, onclick: (event) => {
    letGo(event);
    app.send({ model: model.id, action: action.id, line: app.text() });
  } }, action.label);
}

export default mounted(workers);
