// Renders /openapi/v1.json and lets people try what it describes. No dependency, no network but this server.

const main = document.getElementById("operations");
const about = document.getElementById("about");
const filter = document.getElementById("filter");
const token = document.getElementById("token");
const methods = ["get", "post", "put", "patch", "delete"];

token.value = sessionStorage.getItem("causeway.token") ?? "";
token.addEventListener("change", () => sessionStorage.setItem("causeway.token", token.value.trim()));

function element(name, attributes = {}, ...children) {
  const node = document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) {
    if (value !== undefined && value !== null) node.setAttribute(key, value);
  }
  node.append(...children.filter((child) => child !== undefined && child !== null));
  return node;
}

function resolve(api, schema, seen = []) {
  const name = schema?.$ref?.split("/").pop();
  if (!name) return { schema, seen };
  return seen.includes(name)
    ? { schema: { description: `another ${name}` }, seen }
    : { schema: api.components?.schemas?.[name] ?? {}, seen: [...seen, name] };
}

function typeOf(schema) {
  const types = [schema?.type ?? []].flat().filter((type) => type !== "null");
  return types[0] ?? (schema?.properties ? "object" : undefined);
}

// An example of what a schema describes: enough to see the shape and to start a request from.
function example(api, given, seen = []) {
  const { schema, seen: path } = resolve(api, given ?? {}, seen);
  if (schema.example !== undefined) return schema.example;
  if (schema.examples?.length) return schema.examples[0];
  if (schema.const !== undefined) return schema.const;
  if (schema.enum?.length) return schema.enum[0];
  const one = schema.oneOf ?? schema.anyOf;
  if (one?.length) return example(api, one.find((part) => part.type !== "null") ?? one[0], path);
  switch (typeOf(schema)) {
    case "object":
      return Object.fromEntries(Object.entries(schema.properties ?? {}).map(([key, part]) => [key, example(api, part, path)]));
    case "array":
      return schema.items ? [example(api, schema.items, path)] : [];
    case "integer":
    case "number":
      return schema.minimum ?? 1;
    case "boolean":
      return true;
    case "string":
      return schema.format === "date-time" ? "2026-01-31T08:15:00.000Z" : schema.format === "uuid" ? "0197a2b4-0000-7000-8000-000000000000" : "text";
    default:
      return path.length > seen.length ? {} : null;
  }
}

function pretty(value) {
  return JSON.stringify(value, null, 2);
}

function parametersOf(operation, item) {
  return [...(item.parameters ?? []), ...(operation.parameters ?? [])];
}

function tryForm(api, path, method, operation, item) {
  const parameters = parametersOf(operation, item);
  const body = operation.requestBody?.content?.["application/json"];
  const fields = parameters.map((parameter) => ({
    parameter,
    input: element("input", { autocomplete: "off", spellcheck: "false", placeholder: parameter.required ? "required" : "" }),
  }));
  const text = body && element("textarea", { spellcheck: "false", "aria-label": "Body" });
  if (text) text.value = pretty(example(api, body.schema));
  const status = element("p", { role: "status" });
  const answer = element("pre", { hidden: "", tabindex: "0", "aria-label": "Answer" });
  const form = element("form", {},
    ...fields.map(({ parameter, input }) => element("label", {}, `${parameter.name} `, input)),
    text && element("label", {}, "body ", text),
    element("button", { type: "submit" }, "Send"), status, answer);

  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    let url = path;
    const query = new URLSearchParams();
    const headers = { Accept: "application/json" };
    for (const { parameter, input } of fields) {
      if (parameter.in === "path") url = url.replace(`{${parameter.name}}`, encodeURIComponent(input.value));
      else if (input.value === "") continue;
      else if (parameter.in === "query") query.set(parameter.name, input.value);
      else if (parameter.in === "header") headers[parameter.name] = input.value;
    }
    if (query.size) url += `?${query}`;
    if (token.value.trim()) headers.Authorization = `Bearer ${token.value.trim()}`;
    if (text) headers["Content-Type"] = "application/json";
    const started = performance.now();
    try {
      const response = await fetch(url, { method: method.toUpperCase(), headers, body: text?.value });
      const raw = await response.text();
      status.textContent = `${response.status} ${response.statusText} in ${Math.round(performance.now() - started)} ms`;
      status.className = response.ok ? "" : "failed";
      try {
        answer.textContent = pretty(JSON.parse(raw));
      } catch {
        answer.textContent = raw;
      }
      answer.hidden = raw === "";
    } catch (error) {
      status.textContent = `No answer: ${error.message}`;
      status.className = "failed";
      answer.hidden = true;
    }
  });
  return form;
}

function renderOperation(api, path, method, operation, item) {
  const details = element("details", { class: "operation", id: operation.operationId },
    element("summary", {},
      element("span", { class: `method ${method}` }, method.toUpperCase()),
      element("span", { class: "path" }, path),
      element("span", { class: "summary" }, operation.summary ?? "")));
  details.dataset.words = [path, method, operation.operationId, operation.summary, operation.description].join(" ").toLowerCase();

  // Filled when it is opened: most never are.
  details.addEventListener("toggle", () => {
    if (!details.open || details.querySelector(".body")) return;
    const parameters = parametersOf(operation, item);
    const body = operation.requestBody?.content?.["application/json"];
    details.append(element("div", { class: "body" },
      operation.description && element("p", {}, operation.description),
      parameters.length ? element("h3", {}, "Parameters") : undefined,
      parameters.length
        ? element("table", {}, ...parameters.map((parameter) => element("tr", {},
          element("th", { scope: "row" }, parameter.name + (parameter.required ? " *" : "")),
          element("td", {}, parameter.in), element("td", {}, parameter.description ?? ""))))
        : undefined,
      body && element("h3", {}, "Body"),
      body && element("pre", { tabindex: "0" }, pretty(example(api, body.schema))),
      element("h3", {}, "Answers"),
      element("table", {}, ...Object.entries(operation.responses ?? {}).map(([code, given]) => {
        const response = api.components?.responses?.[given.$ref?.split("/").pop()] ?? given;
        const schema = response.content?.["application/json"]?.schema;
        return element("tr", {},
          element("th", { scope: "row" }, code),
          element("td", {}, response.description ?? "", Number(code) < 300 && schema ? element("pre", { tabindex: "0" }, pretty(example(api, schema))) : undefined));
      })),
      element("h3", {}, "Try it"),
      tryForm(api, path, method, operation, item)));
  });
  return details;
}

function render(api) {
  about.textContent = api.info?.description ?? `${api.info?.title} ${api.info?.version}`;
  const groups = new Map();
  for (const [path, item] of Object.entries(api.paths)) {
    for (const method of methods.filter((name) => item[name])) {
      const tag = item[method].tags?.[0] ?? "Other";
      if (!groups.has(tag)) groups.set(tag, []);
      groups.get(tag).push(renderOperation(api, path, method, item[method], item));
    }
  }
  main.replaceChildren(...[...groups].map(([tag, operations]) => element("section", {}, element("h2", {}, tag), ...operations)));
}

// A link such as /docs#publishMessage opens that operation.
function openNamed() {
  const named = document.getElementById(location.hash.slice(1));
  if (!(named instanceof HTMLDetailsElement)) return;
  named.open = true;
  named.scrollIntoView();
}

addEventListener("hashchange", openNamed);

filter.addEventListener("input", () => {
  const words = filter.value.toLowerCase().split(/\s+/).filter(Boolean);
  for (const section of main.children) {
    let shown = 0;
    for (const operation of section.querySelectorAll("details.operation")) {
      operation.hidden = !words.every((word) => operation.dataset.words.includes(word));
      shown += operation.hidden ? 0 : 1;
    }
    section.hidden = shown === 0;
  }
});

try {
  const response = await fetch("/openapi/v1.json");
  if (!response.ok) throw new Error(`the server answered ${response.status}`);
  render(await response.json());
  openNamed();
} catch (error) {
  about.textContent = `The description can't be read: ${error.message}.`;
  about.className = "failed";
}
