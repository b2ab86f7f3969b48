// A page that a card's script runs in, without a browser: it takes down what is put on it and what is sent out.
// On standard input {script, result}; on standard output {sent, tags, text}. Markup becomes elements only where
// the script uses innerHTML or its kin, and what isn't defined here (a network above all) can't be reached.
"use strict";
const vm = require("node:vm");
const { script, result } = JSON.parse(require("node:fs").readFileSync(0, "utf8"));
const sent = [], tags = [], heard = [];

class Node {
  constructor(tag) { this.tag = tag; this.children = []; this.own = ""; this.dataset = {}; tags.push(tag); }
  set textContent(text) { this.children = []; this.own = String(text); }
  get textContent() { return [this.own, ...this.children.map((child) => child.textContent)].join("\n"); }
  set innerHTML(text) {
    this.children = [...String(text).matchAll(/<([a-z]+)/gi)].map((found) => new Node(found[1].toLowerCase()));
    this.own = String(text).replace(/<[^>]*>/g, "");
  }
  append(...nodes) { this.children.push(...nodes); }
  replaceChildren(...nodes) { this.children = nodes; this.own = ""; }
}

const root = new Node("main"), html = new Node("html");
const parent = { postMessage: (message) => sent.push(message) };
const window = { parent, addEventListener: (kind, fn) => { if (kind === "message") heard.push(fn); } };
const document = {
  createElement: (tag) => new Node(tag), getElementById: () => root, documentElement: html, body: root,
};
const tell = (data, source = parent) => heard.forEach((fn) => fn({ data: { jsonrpc: "2.0", ...data }, source }));

vm.runInNewContext(script, { window, document });
tell({ id: 1, result: { hostContext: { theme: "dark" } } });
const given = { structuredContent: { says: "FROM A STRANGER", items: [] } };
tell({ method: "ui/notifications/tool-result", params: given }, {});
const before = root.textContent;
tell({ method: "ui/notifications/tool-result", params: { structuredContent: result } });
tell({ id: 7, method: "ping" });
process.stdout.write(JSON.stringify({ sent, tags, before, text: root.textContent, theme: html.dataset.theme }));
