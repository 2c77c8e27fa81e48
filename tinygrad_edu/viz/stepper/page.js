"use strict";

// Everything that is written here was made in Python: this script only shows it, step by step.
const data = JSON.parse(document.getElementById("data").textContent);
const steps = data.steps;
const words = [...document.querySelectorAll("#transcript li")];
const part = (name) => document.getElementById(name);
part("unscripted").hidden = true;
let at = 0;
let timer = null;

/* ---------------------------------------------------------------- making elements */

function element(tag, className, ...children) {
  const made = document.createElement(tag);
  if (className) made.className = className;
  made.append(...children.filter((child) => child !== null && child !== ""));
  return made;
}

function heatMap(array) {
  const table = element("table", array.numbers ? "" : "coloured");
  array.rows.forEach((row, i) => {
    const line = table.insertRow();
    row.forEach((text, j) => {
      const cell = line.insertCell();
      const shade = array.shades[i][j];
      const colour = shade < 0 ? "--minus" : "--plus";
      cell.style.background = `rgb(var(${colour}) / ${(Math.abs(shade) / 9) * 0.55})`;
      if (array.numbers) cell.textContent = text;
      else cell.title = text;
      if (/nan|inf/.test(text)) cell.className = "broken";
    });
  });
  if (!array.numbers) {
    table.setAttribute("role", "img");
    table.setAttribute("aria-label", `Heat map, ${array.statistics}`);
  }
  const scrolled = element("div", "map", table);
  scrolled.tabIndex = 0;
  scrolled.setAttribute("role", "region");
  scrolled.setAttribute("aria-label", `Numbers of an array, ${array.shape}`);
  return scrolled;
}

function arrayView(place) {
  const array = data.arrays[place];
  if (array.number !== undefined) {
    const number = element("span", "number", array.number);
    return element("div", "array single", number);
  }
  const said = `${array.shape}, ${array.dtype}: ${array.statistics}`;
  const view = element("div", "array", element("p", "quiet", said));
  if (array.rows) view.append(heatMap(array));
  if (array.sample) view.append(element("p", "quiet", array.sample));
  return view;
}

function valueViews(places, shape) {
  if (places.length) return places.map(arrayView);
  return [element("p", "quiet", `${shape}; the record does not keep this value`)];
}

function named(name, source) {
  const equals = source.short === null ? ":" : " =";
  const views = valueViews(source.value, source.shape);
  const said = name === source.title ? "" : source.title;
  const from = said && said !== source.short ? element("span", "quiet", ` ${said}`) : null;
  const letter = element("span", "", element("code", "", name), equals);
  if (source.short === null) return element("div", "input", letter, from, ...views);
  return element("div", "input", letter, ...views, from);
}

/* ---------------------------------------------------------------- what the panel says */

function aboutOp(box) {
  const about = [box.op && `recorded as ${box.op}`, box.group, box.settings, box.modules].filter(Boolean);
  return about.length ? element("p", "quiet", about.join("; ")) : null;
}

function inputsOf(box) {
  return box.inputs.map(([argument, k]) => named(argument || "x", data.boxes[k]));
}

const details = {
  start() {
    return [
      element("p", "", "Values flow along the arrows, from the leaves to the output. Then gradients"
        + " flow back. Go on with the button, or with the right arrow key."),
      ...data.boxes.filter((box) => box.kind === "leaf" || box.kind === "constant").slice(0, 12)
        .map((box) => named(box.title, box)),
    ];
  },

  forward(step, box) {
    const formula = step.equation || box.formula;
    return [
      aboutOp(box),
      formula ? element("p", "formula forward", formula) : null,
      ...exampleOf(step),
      element("h3", "", box.inputs.length > 1 ? "Inputs" : "Input"),
      ...inputsOf(box),
      element("h3", "", "Result y"),
      ...valueViews(box.value, box.shape),
    ];
  },

  seed(step) {
    return [
      element("p", "", "A gradient says how much the output L changes per unit of change of a"
        + " tensor. The reverse pass begins with that of L itself."),
      element("p", "formula backward", "dL/dL = g"),
      ...step.g.map(arrayView),
    ];
  },

  backward(step, box) {
    return [
      aboutOp(box),
      box.formula ? element("p", "formula", box.formula) : null,
      element("h3", "", "The gradient that arrived, g = dL/dy"),
      ...step.g.map(arrayView),
      step.hook ? element("p", "", step.hook) : null,
      step.remark ? element("p", "quiet", `In words: ${step.remark}.`) : null,
      ...step.parts.flatMap(contribution),
    ];
  },

  leaf(step, box) {
    return [
      element("p", "", "All contributions have arrived at this leaf. backward() adds their sum to"
        + " its .grad."),
      step.history ? element("p", "formula backward", step.history) : null,
      step.hook ? element("p", "", step.hook) : null,
      element("h3", "", `${box.title}.grad`),
      ...step.g.map(arrayView),
    ];
  },
};

function exampleOf(step) {
  if (!step.example) return [];
  return [element("p", "quiet", "For the first element:"), element("p", "formula", step.example)];
}

function contribution(sent) {
  const target = data.boxes[sent.to];
  const made = [
    element("h3", "", `To ${target.title}`),
    element("p", "formula backward", sent.equation),
    ...exampleOf(sent),
  ];
  if (data.arrays[sent.value[0]]?.number === undefined) made.push(...sent.value.map(arrayView));
  if (sent.history) {
    const until = sent.more ? "The sum so far" : "The sum, now complete";
    made.push(element("p", "", `${until}, at ${target.title}:`));
    made.push(element("p", "formula", `${sent.history} = ${sent.total_short}`));
    if (data.arrays[sent.total[0]]?.number === undefined) made.push(...sent.total.map(arrayView));
  }
  if (sent.more) {
    const awaited = sent.more === 1 ? "One contribution is" : `${sent.more} contributions are`;
    made.push(element("p", "quiet", `${awaited} still to come to ${target.title}.`));
  }
  return made;
}

function legend() {
  const said = "Colours: orange above 0, blue below 0; the stronger, the farther from 0.";
  return element("p", "quiet", said);
}

function sourceLines(box) {
  if (!box?.code) return null;
  const [block, active, file] = box.code;
  const name = file.split(/[\\/]/).pop();
  const caption = element("figcaption", "", `${name}, line ${active}`);
  if (block === null) return element("figure", "", caption);
  const { first, lines } = data.blocks[block];
  const listing = element("pre", "");
  listing.tabIndex = 0;
  listing.setAttribute("role", "region");
  listing.setAttribute("aria-label", `Source: ${name}, line ${active}`);
  lines.forEach((text, i) => {
    const count = element("span", "count", String(first + i));
    const line = element("span", first + i === active ? "active" : "", count, text);
    if (first + i === active) line.setAttribute("aria-current", "true");
    listing.append(line);
  });
  return element("figure", "", caption, listing);
}

function showPanel(step) {
  const box = data.boxes[step.node];
  const forward = step.kind === "forward" || step.kind === "start";
  const phase = element("p", forward ? "forward" : "backward", step.phase);
  phase.id = "phase";
  const title = { start: "Start", seed: `${box?.title}: the output`, leaf: `${box?.title}.grad` };
  const heading = element("h2", "", title[step.kind] ?? box.title);
  heading.id = "heading";
  const shown = details[step.kind](step, box).filter(Boolean);
  part("detail").className = forward ? "" : "backward-step";
  part("detail").replaceChildren(phase, heading, ...shown);
  if (part("detail").querySelector("td")) part("detail").append(legend());
  part("detail").append(sourceLines(box) ?? "");
  part("panel").scrollTop = 0;
  const active = part("detail").querySelector("pre .active");
  if (active) active.parentNode.scrollTop = active.offsetTop - active.parentNode.offsetTop - 60;
}

/* ---------------------------------------------------------------- what the graph shows */

function stateAt(k) {
  const known = new Set();
  const gradients = new Map();
  const parts = new Set();
  data.boxes.forEach((box, i) => {
    if (box.kind === "leaf" || box.kind === "constant") known.add(i);
  });
  for (const step of steps.slice(0, k + 1)) {
    if (step.kind === "forward") known.add(step.node);
    if (step.g) gradients.set(step.node, step.short);
    for (const sent of step.parts ?? []) {
      parts.add(sent.edge);
      if (sent.total_short === null) continue;
      gradients.set(sent.to, sent.total_short + (sent.more ? " \u2026" : ""));
    }
  }
  return { known, gradients, parts };
}

function showGraph(step) {
  const { known, gradients, parts } = stateAt(at);
  const sent = step.parts ?? [];
  const receives = new Set(sent.map((one) => one.to));
  data.boxes.forEach((box, i) => {
    const drawn = part(`box-${i}`);
    const classes = ["box", box.kind];
    if (!known.has(i)) classes.push("pending");
    if (step.node === box.of) classes.push(step.kind === "forward" ? "forward" : "backward");
    if (receives.has(box.of)) classes.push("receives");
    drawn.setAttribute("class", classes.join(" "));
    const gradient = gradients.get(box.of);
    const text = gradient === undefined ? "" : `grad ${gradient}`;
    drawn.querySelector(".gradient").textContent = text;
  });
  data.arrows.forEach((arrow, k) => {
    const drawn = part(`arrow-${k}`);
    const classes = ["arrow"];
    if (!known.has(arrow.to)) classes.push("pending");
    if (step.kind === "forward" && arrow.to === step.node) classes.push("forward");
    if (sent.some((one) => one.edge === k)) classes.push("backward");
    drawn.setAttribute("class", classes.join(" "));
    const label = drawn.querySelector(".part");
    if (label) label.textContent = parts.has(k) ? arrow.short : "";
  });
  if (step.node !== undefined) reveal(part(`box-${step.node}`));
}

function reveal(drawn) {
  const view = part("view");
  const outer = view.getBoundingClientRect();
  const inner = drawn.getBoundingClientRect();
  const calm = matchMedia("(prefers-reduced-motion: reduce)").matches;
  view.scrollBy({
    left: inner.left + inner.width / 2 - outer.left - outer.width / 2,
    top: inner.top + inner.height / 2 - outer.top - outer.height / 2,
    behavior: calm || timer ? "instant" : "smooth",
  });
}

/* ---------------------------------------------------------------- going from step to step */

function go(k) {
  at = Math.max(0, Math.min(steps.length - 1, k));
  const step = steps[at];
  document.body.classList.toggle("at-start", at === 0);
  showPanel(step);
  showGraph(step);
  words.forEach((item, i) => {
    if (i === at) item.setAttribute("aria-current", "step");
    else item.removeAttribute("aria-current");
  });
  const text = words[at].textContent;
  part("live").textContent = `Step ${at + 1} of ${steps.length}. ${text}`;
  part("slider").value = at;
  part("slider").setAttribute("aria-valuetext", `${at + 1} of ${steps.length}: ${step.phase}`);
  part("count").textContent = `${at + 1} / ${steps.length}`;
  const ended = at === steps.length - 1;
  dim(["first", "back"], at === 0);
  dim(["next", "last"], ended);
  if (ended) pause();
  history.replaceState(null, "", `#${at + 1}`);
}

function dim(names, ended) {
  // aria-disabled, not disabled: a button that is disabled loses the keyboard's focus.
  for (const name of names) part(name).setAttribute("aria-disabled", ended);
}

function play() {
  if (at === steps.length - 1) go(0);
  const tick = () => go(at + 1);
  timer = setInterval(tick, 1600 / Number(part("speed").value));
  part("play").setAttribute("aria-label", "Pause");
  part("play").classList.add("playing");
}

function pause() {
  clearInterval(timer);
  timer = null;
  part("play").setAttribute("aria-label", "Play");
  part("play").classList.remove("playing");
}

function stepTo(k) {
  pause();
  go(k);
}

const keys = {
  ArrowRight: () => stepTo(at + 1),
  ArrowLeft: () => stepTo(at - 1),
  Home: () => stepTo(0),
  End: () => stepTo(steps.length - 1),
  " ": () => (timer ? pause() : play()),
};

document.addEventListener("keydown", (event) => {
  const own = event.target.closest("select, input");  // these have their own use for the keys
  const pressed = event.key === " " && event.target.closest("button, summary");
  if (own || pressed || event.ctrlKey || event.altKey || event.metaKey) return;
  if (!keys[event.key]) return;
  event.preventDefault();
  keys[event.key]();
});

part("first").addEventListener("click", keys.Home);
part("back").addEventListener("click", keys.ArrowLeft);
part("next").addEventListener("click", keys.ArrowRight);
part("last").addEventListener("click", keys.End);
part("play").addEventListener("click", keys[" "]);
part("slider").addEventListener("input", (event) => stepTo(Number(event.target.value)));
part("slider").addEventListener("keydown", (event) => {
  if (event.key === " ") keys[" "]();
});
part("speed").addEventListener("change", () => {
  if (timer) {
    pause();
    play();
  }
});

/* ---------------------------------------------------------------- how large the graph is */

const drawing = part("view").querySelector("svg");
const natural = { width: drawing.viewBox.baseVal.width, height: drawing.viewBox.baseVal.height };

function scale(fitted) {
  const view = part("view");
  const fits = Math.min(
    (view.clientWidth - 24) / natural.width,
    (view.clientHeight - 24) / natural.height,
  );
  const legible = fits >= 0.75;
  const factor = fitted || legible ? Math.min(fits, 1.5) : 1;
  drawing.setAttribute("width", natural.width * factor);
  drawing.setAttribute("height", natural.height * factor);
  part("fit").hidden = legible;  // it fits anyway
}

part("fit").addEventListener("click", () => {
  const fitted = part("fit").getAttribute("aria-pressed") !== "true";
  part("fit").setAttribute("aria-pressed", fitted);
  scale(fitted);
  showGraph(steps[at]);
});
window.addEventListener("resize", () => {
  scale(part("fit").getAttribute("aria-pressed") === "true");
});

data.boxes.forEach((box, i) => {
  part(`box-${i}`).addEventListener("click", () => {
    const backward = steps[at].kind !== "forward" && steps[at].kind !== "start";
    const kinds = backward ? ["backward", "leaf"] : ["forward"];
    const found = steps.findIndex((step) => step.node === box.of && kinds.includes(step.kind));
    if (found >= 0) stepTo(found);
  });
});

window.addEventListener("beforeprint", () => { part("transcript").open = true; });
window.addEventListener("hashchange", () => go(Number(location.hash.slice(1)) - 1 || 0));

scale(false);
go(Number(location.hash.slice(1)) - 1 || 0);
