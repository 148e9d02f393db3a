// The graph at work: each stage's state, as its events tell it.

import { seconds } from "./elements.js";

const graph = document.querySelector("#graph");
const STATES = { waiting: "waits", running: "at work …", skipped: "not asked" };

export function begin() {
  graph.hidden = false;
  for (const stage of graph.children) set(stage.dataset.stage, "waiting");
  set("source", "running");
}

export function hide() {
  graph.hidden = true;
}

// Marks a stage as done, and what it sets going as at work; what there is to say of it.
export function stageDone({ stage, ms, result }) {
  set(stage, result ? "done" : "failed", result ? seconds(ms) : `failed, ${seconds(ms)}`);
  if (stage === "source" && result) {
    set("sentiment", "running");
    return `Found “${result.title}”. Checking its tone …`;
  }
  if (stage === "sentiment" && !(result && result.score > result.threshold)) {
    set("summarizer", "running");
    set("entities", "running");
    return "Summing it up and finding names …";
  }
  return "";
}

// Whatever has not ended by now was never asked; a source that found nothing has not failed.
export function finish(foundNothing) {
  if (foundNothing) set("source", "done", "found nothing");
  for (const stage of graph.querySelectorAll("[data-state=waiting], [data-state=running]")) {
    set(stage.dataset.stage, "skipped");
  }
}

function set(stage, state, text = STATES[state]) {
  const item = graph.querySelector(`[data-stage="${stage}"]`);
  item.dataset.state = state;
  item.querySelector("em").textContent = text;
}
