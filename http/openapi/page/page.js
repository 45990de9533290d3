// Shows /openapi.json. No text of the document is ever read as HTML.
"use strict";

const METHODS = ["get", "post", "put", "patch", "delete"];
let whole = null;

function element(name, content, attributes) {
  const made = document.createElement(name);
  for (const part of [content ?? []].flat()) made.append(part);
  for (const [key, value] of Object.entries(attributes ?? {})) made.setAttribute(key, value);
  return made;
}

function resolved(thing) {
  if (!thing || !thing.$ref) return thing;
  return thing.$ref.slice(2).split("/").reduce((at, key) => at[key], whole);
}

const nameOf = (thing) => (thing && thing.$ref ? thing.$ref.split("/").pop() : "");

function limitsOf(schema) {
  const words = [];
  const say = (key, text) => { if (schema[key] !== undefined) words.push(text + schema[key]); };
  say("minimum", "≥ ");
  say("maximum", "≤ ");
  say("minLength", "length ≥ ");
  say("maxLength", "length ≤ ");
  say("minItems", "items ≥ ");
  say("maxItems", "items ≤ ");
  say("pattern", "pattern ");
  if (schema.default !== undefined) words.push("default " + JSON.stringify(schema.default));
  if (schema.const !== undefined) words.push(JSON.stringify(schema.const));
  if (schema.enum) words.push(schema.enum.map((v) => JSON.stringify(v)).join(", "));
  return words.join("; ");
}

function typeOf(thing) {
  const schema = resolved(thing);
  if (schema.anyOf) return schema.anyOf.map(typeOf).join(" or ");
  const named = nameOf(thing);
  const plain = [schema.type ?? ""].flat().join(" or ");
  if (plain === "array") return "list of " + typeOf(schema.items);
  return named && schema.type === "object" ? named : plain || named || "anything";
}

// What stands below a value: members of an object, of the items of a list, or of each choice.
function below(thing) {
  const schema = resolved(thing);
  if (schema.properties) return [schema];
  if (schema.items) return below(schema.items);
  if (schema.additionalProperties?.type) return below(schema.additionalProperties);
  return (schema.anyOf ?? []).flatMap(below);
}

function memberList(schema) {
  const list = element("ul", [], { class: "members" });
  for (const [key, value] of Object.entries(schema.properties)) {
    const inner = resolved(value);
    const line = element("li", [element("code", key), " ", typeOf(value)]);
    if (schema.required?.includes(key)) line.append(" ", element("strong", "required"));
    const note = [limitsOf(inner), value.description ?? inner.description]
      .filter(Boolean).join(". ");
    if (note) line.append(" ", element("span", note, { class: "quiet" }));
    line.append(...shape(value));
    list.append(line);
  }
  return list;
}

// Opened on demand: schemas are deep, and some pages are read on phones.
function shape(thing) {
  return below(thing).map((schema) => {
    const more = element("details", element("summary", "members"));
    more.addEventListener("toggle", () => more.append(memberList(schema)), { once: true });
    return more;
  });
}

function parameterList(parameters) {
  const list = element("ul", [], { class: "members" });
  for (const given of parameters) {
    const p = resolved(given);
    const line = element("li", [element("code", p.name), ` in ${p.in}, `, typeOf(p.schema)]);
    if (p.required) line.append(" ", element("strong", "required"));
    const note = [limitsOf(resolved(p.schema)), p.description].filter(Boolean).join(". ");
    if (note) line.append(" ", element("span", note, { class: "quiet" }));
    list.append(line);
  }
  return list;
}

function contentOf(content) {
  const parts = [];
  for (const [type, media] of Object.entries(content ?? {})) {
    parts.push(element("p", [element("code", type), " ", typeOf(media.schema)]));
    parts.push(...below(media.schema).map(memberList));
    for (const [name, example] of Object.entries(media.examples ?? {})) {
      const status = example["x-status"] ? ` (answered with ${example["x-status"]})` : "";
      parts.push(element("p", `Example: ${name}${status}`, { class: "quiet" }));
      parts.push(element("pre", JSON.stringify(example.value, null, 2), { tabindex: "0" }));
    }
  }
  return parts;
}

function responseList(responses) {
  const list = element("ul", [], { class: "members" });
  for (const [status, given] of Object.entries(responses)) {
    const r = resolved(given);
    const line = element("li", [element("strong", status), " ", r.description]);
    const schema = Object.values(r.content ?? {})[0]?.schema;
    if (schema) line.append(": ", typeOf(schema), ...shape(schema));
    list.append(line);
  }
  return list;
}

function fill(into, item, operation) {
  if (operation.description) into.append(element("p", operation.description));
  const open = operation.security?.length === 0;
  into.append(element("p", open ? "No authentication" : "Needs authentication",
                      { class: "quiet" }));
  const parameters = [...(item.parameters ?? []), ...(operation.parameters ?? [])];
  into.append(element("h3", "Parameters"), parameterList(parameters));
  if (operation.requestBody) {
    into.append(element("h3", "Body"), ...contentOf(operation.requestBody.content));
  }
  into.append(element("h3", "Answers"), responseList(operation.responses));
}

function operationOf(path, method, item) {
  const operation = item[method];
  const title = element("summary", [
    element("span", method.toUpperCase(), { class: `method ${method}` }), " ",
    element("code", path), " ", operation.summary,
  ]);
  const content = element("div");
  const box = element("details", [title, content],
                      { class: "operation", id: operation.operationId });
  box.dataset.words = `${method} ${path} ${operation.summary}`.toLowerCase();
  box.addEventListener("toggle", () => fill(content, item, operation), { once: true });
  return box;
}

function filter(text) {
  const words = text.toLowerCase().split(/\s+/).filter(Boolean);
  let count = 0;
  for (const section of document.querySelectorAll("main section")) {
    let shown = 0;
    for (const box of section.querySelectorAll("details.operation")) {
      box.hidden = !words.every((word) => box.dataset.words.includes(word));
      if (!box.hidden) shown += 1;
    }
    section.hidden = shown === 0;
    count += shown;
  }
  document.getElementById("found").textContent = `${count} operations`;
}

function render() {
  document.getElementById("about").textContent = whole.info.description;
  const main = document.getElementById("operations");
  for (const tag of whole.tags) {
    const section = element("section", [
      element("h2", tag.name, { id: `area-${tag.name}` }),
      element("p", tag.description ?? "", { class: "quiet" }),
    ], { "aria-labelledby": `area-${tag.name}` });
    for (const [path, item] of Object.entries(whole.paths)) {
      for (const method of METHODS) {
        if (item[method]?.tags.includes(tag.name)) section.append(operationOf(path, method, item));
      }
    }
    main.append(section);
    const link = element("a", tag.name, { href: `#area-${tag.name}` });
    document.getElementById("areas").append(element("li", link));
  }
  main.setAttribute("aria-busy", "false");
  const input = document.getElementById("filter");
  input.addEventListener("input", () => filter(input.value));
  filter("");
  const wanted = document.getElementById(location.hash.slice(1));
  if (wanted instanceof HTMLDetailsElement) wanted.open = true;
  if (wanted) wanted.scrollIntoView();
}

async function load() {
  try {
    const answer = await fetch("/openapi.json");
    if (!answer.ok) throw new Error(`status ${answer.status}`);
    whole = await answer.json();
    render();
  } catch (why) {
    document.getElementById("about").textContent = `openapi.json cannot be shown: ${why.message}`;
    document.getElementById("operations").setAttribute("aria-busy", "false");
  }
}

load();
