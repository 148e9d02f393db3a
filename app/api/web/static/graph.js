// Shows the state of each stage from the event stream. The HTML lists the stages.

import { seconds } from "./elements.js";

const graph = document.querySelector("#graph");
const STATES = { waiting: "waiting", running: "running …", skipped: "skipped" };

export function begin() {
  graph.hidden = false;
  for (const stage of graph.children) set(stage.dataset.stage, "waiting");
  set("source", "running");
}

export function hide() {
  graph.hidden = true;
}

// Marks a stage as done, and the stages that it starts as running. Returns a status text or "".
export function stageDone({ stage, ms, result, reason }) {
  if (reason) set(stage, "skipped", "declined");
  else set(stage, result ? "done" : "failed", result ? seconds(ms) : `failed, ${seconds(ms)}`);
  const { role } = item(stage).dataset;
  if (role === "source" && result) {
    return `Found “${result.title}”. Next: ${start("gate")} …`;
  }
  if (role === "gate" && !(result && (result.refused || result.score > result.threshold))) {
    return `Next: ${start("branch")} …`;
  }
  return "";
}

// Marks all stages of a role as running. Returns their tasks.
function start(role) {
  const items = [...graph.querySelectorAll(`[data-role=${role}]`)];
  for (const { dataset } of items) set(dataset.stage, "running");
  return items.map((started) => started.querySelector("span").textContent).join(" and ");
}

// Marks unfinished stages as skipped. A source that found no article did not fail.
export function finish(foundNothing) {
  if (foundNothing) set("source", "done", "no article");
  for (const stage of graph.querySelectorAll("[data-state=waiting], [data-state=running]")) {
    set(stage.dataset.stage, "skipped");
  }
}

function set(stage, state, text = STATES[state]) {
  item(stage).dataset.state = state;
  item(stage).querySelector("em").textContent = text;
}

function item(stage) {
  return graph.querySelector(`[data-stage="${stage}"]`);
}
