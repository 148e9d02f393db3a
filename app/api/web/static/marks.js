// Marks the names in a summary, each with the name in the list that it belongs to.

import { el } from "./elements.js";

const LETTER = /[\p{L}\p{M}\p{N}]/u;

// Returns the summary's nodes, and the marks of each name by its index.
export function markNames(summary, items, title) {
  const { text } = summary;
  const nodes = [];
  const marks = items.map(() => []);
  let end = 0;
  for (const span of placed(summary, items) ?? found(text, items)) {
    if (span.start < end) continue;
    const mark = el("mark", { title: title(items[span.index]) }, text.slice(span.start, span.end));
    mark.dataset.type = items[span.index].type;
    marks[span.index].push(mark);
    nodes.push(text.slice(end, span.start), mark);
    end = span.end;
  }
  return { nodes: [...nodes, text.slice(end)], marks };
}

// The mentions inside the sentences of which an extractive summary consists, one space between.
// Places count whole characters, strings of JavaScript count UTF-16 units.
function placed({ text, sentences = [] }, items) {
  const units = [0];
  for (const character of text) units.push(units.at(-1) + character.length);
  const spans = [];
  let at = 0;
  for (const sentence of sentences) {
    const shift = at - sentence.start;
    items.forEach(({ mentions = [] }, index) => {
      const inside = mentions.filter((one) => one.start >= sentence.start && one.end <= sentence.end);
      for (const one of inside) spans.push({ start: units[one.start + shift], end: units[one.end + shift], index });
    });
    at += sentence.end - sentence.start + 1;
  }
  return at === units.length ? spans.sort(byStart) : null;
}

// The spellings of the names where they stand as whole words.
function found(text, items) {
  return items.flatMap(({ text: name, aliases = [] }, index) =>
    [name, ...aliases].flatMap((spelling) => occurrences(text, spelling, index)),
  ).sort(byStart);
}

function occurrences(text, spelling, index) {
  const spans = [];
  for (let start = text.indexOf(spelling); start >= 0; start = text.indexOf(spelling, start + spelling.length)) {
    const end = start + spelling.length;
    if (!LETTER.test(before(text, start)) && !LETTER.test(after(text, end))) spans.push({ start, end, index });
  }
  return spans;
}

function before(text, at) {
  return [...text.slice(Math.max(0, at - 2), at)].at(-1) ?? "";
}

function after(text, at) {
  return [...text.slice(at, at + 2)].at(0) ?? "";
}

// A longer name comes first: it contains the shorter one.
function byStart(one, other) {
  return one.start - other.start || other.end - one.end;
}
