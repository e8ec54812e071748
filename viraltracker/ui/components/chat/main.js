// The conversation with the agent. Data come in as a whole; lines are patched in place, so what is open, heard, typed and
// scrolled stays as it is. It follows what is said as long as its end is in sight.

import { el, icon, letGo, swap } from "../shared/dom.js";
import { letterbox } from "../shared/letterbox.js";
import { mounted, fillWindow } from "../shared/mount.js";
import { composer } from "./composer.js";
import { deedNode } from "./deed.js";
import { draft } from "./draft.js";
import { players } from "./players.js";
import { questionNode } from "./question.js";
import { wordsNode } from "./words.js";

const NEAR_PX = 48;

function chat(root) {
  const box = letterbox(root);
  const app = { view: { lines: [] }, unfolded: new Set(), drawn: new Map(), answered: new Map(), saying: null, follows: true };
  app.send = (kind, facts) => box.send(kind, facts);
  app.toggle = (set, id) => {
    if (!set.delete(id)) set.add(id);
    draw();
  };
  app.players = players(root, () => app.send("refresh"));
  const list = el("div", { class: "list", role: "log", "aria-label": "Conversation", "aria-live": "polite" });
  const tail = el("div", { class: "tail" });
  const scroller = el("div", { class: "scroller" }, list, tail);
  const newest = el("button", { class: "btn small newest", hidden: true, onclick: (event) => {
    letGo(event);
    follow();
  } }, icon("down", 11), " Newest");
  const said = el("div", { class: "said", role: "status", "aria-live": "polite" });
  const typed = composer({
    say,
    stop: () => app.send("stop"),
    typed: (text) => app.kept?.set("text", text),
  });
  root.append(scroller, newest, typed.node, said);
  const endings = [fillWindow(root, 20)];
  scroller.addEventListener("scroll", () => {
    app.follows = scroller.scrollHeight - scroller.scrollTop - scroller.clientHeight < NEAR_PX;
    newest.hidden = app.follows;
  }, { passive: true });
  const sized = new ResizeObserver(() => app.follows && follow());
  sized.observe(scroller);
  endings.push(() => sized.disconnect());

  function note(text) {
    if (said.textContent !== text) said.textContent = text;
  }
  function follow() {
    app.follows = true;
    newest.hidden = true;
    scroller.scrollTop = scroller.scrollHeight;
  }
  function say(text) {
    app.saying = text;
    app.send("say", { text, based_on: app.view.revision });
    app.follows = true;
    draw();
  }
  function take(view) {
    if (view.conversation !== app.view.conversation) {
      app.kept = draft(view.conversation);
      app.saying = null;
      app.unfolded.clear();
      app.follows = true;
      typed.put(app.kept.get("text"));
    }
    app.view = { lines: [], ...view };
    if (!box.idle) return;
    app.answered.clear();
    settle(app, typed);
  }
  function draw() {
    const { busy, lines, notice, doing } = app.view;
    list.setAttribute("aria-busy", busy ? "true" : "false");
    patchLines(app, list);
    tail.replaceChildren(...tailNodes(app, say));
    typed.update({ ...app.view, busy: busy || (app.saying !== null ? "here" : "") });
    app.players.retry();
    if (app.follows) follow();
    const asks = lines.some((line) => line.ask && !line.ask.answer);
    note(notice ?? (busy ? doing || "The agent is answering" : asks ? "The agent asks for your yes" : lines.length ? "The agent is done" : ""));
  }

  return {
    update({ data, setTriggerValue }) {
      box.update(setTriggerValue, data.receipt);
      take(data.view);
      draw();
    },
    close() {
      app.players.close();
      box.close();
      for (const end of endings) end();
    },
  };
}

// What was sent has been read: it stands in the conversation now, or comes back to be said again.
function settle(app, typed) {
  const { busy, lines, returned } = app.view;
  const text = app.saying;
  app.saying = null;
  const there = busy || lines.some((line) => line.words?.by === "producer" && line.words.text.trim() === text?.trim());
  if (returned && returned.nonce !== app.kept.get("nonce")) {
    app.kept.set("nonce", returned.nonce);
    typed.put([returned.text, typed.text].filter(Boolean).join("\n"));
  } else if (text !== null && !there) typed.put([text, typed.text].filter(Boolean).join("\n"));
}

function patchLines(app, list) {
  const wanted = new Set(app.view.lines.map((line) => line.id));
  for (const [id, { node }] of app.drawn) {
    if (wanted.has(id)) continue;
    node.remove();
    app.drawn.delete(id);
  }
  app.view.lines.forEach((line, index) => {
    const facts = JSON.stringify([line, app.unfolded.has(line.id), app.answered.get(line.ask?.id)]);
    const old = app.drawn.get(line.id);
    let node = old?.node;
    if (old?.facts !== facts) {
      node = lineNode(app, line);
      if (old) swap(old.node, node);
      app.drawn.set(line.id, { facts, node });
    }
    if (list.children[index] !== node) list.insertBefore(node, list.children[index] ?? null);
  });
}

function lineNode(app, line) {
  if (line.words) return wordsNode(app, line.id, line.words);
  if (line.deed) return deedNode(app, line.id, line.deed);
  const ask = { ...line.ask, answer: line.ask.answer || app.answered.get(line.ask.id) };
  return questionNode(ask, (yes) => {
    app.answered.set(ask.id, yes ? "yes" : "no");
    app.send("answer", { approval: ask.id, call: ask.call, yes });
  });
}

// What stands below the last line: words on their way, what goes on, what is to be said, ways to begin.
function tailNodes(app, say) {
  const { busy, doing, notice, tone, go_on: onward, examples, setup } = app.view;
  const parts = [];
  if (app.saying !== null && !busy) parts.push(wordsNode(app, "saying", { by: "producer", text: app.saying }));
  if (doing || app.saying !== null) {
    parts.push(el("div", { class: "doing" }, el("i", { class: "pulse" }), doing || "Thinking"));
  }
  if (notice) parts.push(el("div", { class: "notice", role: "note", vars: { "--c": `var(--${tone})`, "--ci": `var(--${tone}-ink)` } }, notice));
  if (onward) parts.push(el("button", { class: "btn primary", onclick: () => app.send("go_on") }, onward));
  if (setup) parts.push(setupNode(app, setup));
  if (examples && app.saying === null) parts.push(examplesNode(examples, say));
  return parts;
}

function examplesNode(examples, say) {
  return el("div", { class: "empty" },
    el("h2", {}, "What shall be done?"),
    el("p", { class: "meta" }, "It reads, makes takes, picks and exports. What costs money, deletes or changes a script asks you first."),
    examples.map((words) => el("button", { class: "btn example", onclick: () => say(words) }, words)));
}

function setupNode(app, setup) {
  return el("div", { class: "empty" },
    el("h2", {}, "No model is set"),
    el("p", { class: "meta" }, "The agent needs a language model. Everything else in the studio works without one."),
    setup.map(({ title, lines }) => el("div", { class: "setup" }, el("h3", {}, title), el("pre", { tabindex: 0 }, lines.join("\n")))),
    el("button", { class: "btn primary", onclick: () => app.send("model") }, "Set the model"));
}

export default mounted(chat);
