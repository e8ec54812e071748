// Questions that came from elsewhere, each with its two buttons.

import { el } from "../shared/dom.js";
import { letterbox } from "../shared/letterbox.js";
import { mounted } from "../shared/mount.js";
import { questionNode } from "../chat/question.js";

function asking(root) {
  const box = letterbox(root);
  const body = el("div");
  root.append(body);
  let drawn = "";

  return {
    update({ data, setTriggerValue }) {
      box.update(setTriggerValue, data.receipt);
      const facts = JSON.stringify(data.view);
      if (facts === drawn) return;
      drawn = facts;
      const { title, asks = [] } = data.view;
      const cards = asks.map((ask) => questionNode(ask, (yes) => box.send("answer", { approval: ask.id, yes })));
      body.replaceChildren(el("section", { class: "card", "aria-label": title }, el("h3", {}, title), cards));
    },
    close: () => box.close(),
  };
}

export default mounted(asking);
