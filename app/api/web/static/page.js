// The page: the URL holds the term that is shown; a search reads the event stream.

import { answerFor } from "./answer.js";
import { el, termLink } from "./elements.js";
import { showLoad } from "./footer.js";
import { begin, finish, hide, stageDone } from "./graph.js";
import { RequestFailed, events, hasKey, showAnswer, suggest, useKey } from "./server.js";
import { suggestWhileTyping } from "./suggestions.js";

const form = document.querySelector("form");
const field = document.querySelector("#term");
const examples = document.querySelector("#examples");
const status = document.querySelector("#status");
const answer = document.querySelector("#answer");
const TIMEOUT_MS = 1000 * (Number(document.body.dataset.deadlineS) + 10);

let search = new AbortController();

function termInAddress() {
  return new URLSearchParams(location.search).get("term")?.trim() ?? "";
}

function go(term) {
  if (term !== termInAddress()) {
    history.pushState(null, "", term ? `?term=${encodeURIComponent(term)}` : "./");
  }
  showAddress();
}

function showAddress() {
  search.abort();
  search = new AbortController();
  const term = termInAddress();
  field.value = term;
  suggestions.close();
  document.title = term ? `${term} – wiki-digest` : "wiki-digest";
  answer.hidden = true;
  examples.hidden = true;
  if (term) {
    digest(term, search.signal);
  } else {
    hide();
    status.textContent = "";
    showExamples();
  }
}

async function digest(term, cancelled) {
  const signal = AbortSignal.any([cancelled, AbortSignal.timeout(TIMEOUT_MS)]);
  begin();
  announce(`Searching for “${term}” …`);
  try {
    for await (const { name, data } of events(term, signal)) {
      if (name === "stage") {
        announce(stageDone(data));
      } else {
        show(answerFor(name, data, term));
      }
    }
  } catch (error) {
    if (!cancelled.aborted) show(failed(error, term));
  }
}

function announce(sentence, visible = true) {
  if (sentence) status.textContent = sentence;
  status.classList.toggle("visually-hidden", !visible);
}

function show({ announcement, parts, tryAgain, askForKey, foundNothing, offer }) {
  finish(foundNothing);
  answer.replaceChildren(...parts);
  if (tryAgain) {
    answer.append(el("button", { type: "button", onclick: showAddress }, "Try again"));
  }
  if (askForKey) answer.append(keyForm());
  answer.hidden = false;
  announce(announcement, false); // visually hidden: the answer's title shows the same
  if (offer) showExamples();
}

function keyForm() {
  const key = el("input", { type: "password", name: "key", required: true, pattern: "[!-~]+", autocomplete: "off" });
  const label = el("label", {}, "API key ", key);
  const made = el("form", { className: "key" }, label, " ", el("button", {}, "Use this key"));
  made.addEventListener("submit", (event) => {
    event.preventDefault();
    useKey(key.value);
    showAddress();
    showLoad();
  });
  return made;
}

function failed(error, term) {
  if (error instanceof RequestFailed) return answerFor("problem", error.problem, term);
  const timedOut = error.name === "TimeoutError";
  const title = timedOut ? "The request timed out" : "The server cannot be reached";
  const detail = timedOut
    ? `There was no response within ${TIMEOUT_MS / 1000} seconds.`
    : "It may have stopped, or the connection was lost.";
  return answerFor("problem", { title, detail }, term);
}

async function showExamples() {
  const { signal } = search;
  const titles = await suggest("", signal).catch(() => []); // examples are optional
  if (signal.aborted) return;
  examples.querySelector("ul").replaceChildren(...titles.map((t) => el("li", {}, termLink(t))));
  examples.hidden = titles.length === 0;
}

const suggestions = suggestWhileTyping(field, go);

form.addEventListener("submit", (event) => {
  event.preventDefault();
  const term = field.value.trim();
  if (term) go(term);
});

document.addEventListener("click", (event) => {
  const link = event.target.closest?.("a[data-term], a[href^='v1/']");
  const plain = !(event.ctrlKey || event.metaKey || event.shiftKey || event.altKey);
  if (!link || !plain) return;
  const { term } = link.dataset;
  if (term === undefined && !hasKey()) return;
  event.preventDefault();
  if (term === undefined) showAnswer(link.href).catch((error) => show(failed(error, termInAddress())));
  else go(term);
});

addEventListener("popstate", showAddress);
showAddress();
showLoad();
