// Renders a digest or a problem: `announcement` is for screen readers, `parts` are the elements.

import { el, link, outside, termLink } from "./elements.js";
import { markNames } from "./marks.js";

const TYPES = { PER: "People", ORG: "Organisations", LOC: "Places", MISC: "Other names" };
const KINDS = { PER: "Person", ORG: "Organisation", LOC: "Place", MISC: "Other name" };

const ALIASES = 8; // the most frequent ones

const RENDERERS = { tone, summary, entities };
const FIELDS = [...document.querySelectorAll("#graph [data-field]")]
  .map((item) => item.dataset.field)
  .filter(Boolean);

export function answerFor(name, data, term) {
  if (name === "digest") return digest(data);
  return data.status === 404 ? nothing(data, term) : problem(data);
}

function digest(given) {
  const data = { ...given, marked: marked(given) };
  const parts = [
    el("h2", {}, outside(data.title, data.language)),
    ...notices(data),
    ...FIELDS.map((field) => (RENDERERS[field] ?? result(field))(data)),
    meanings(data),
    origin(data),
  ];
  return { announcement: announcement(data), parts: parts.filter(Boolean) };
}

function announcement({ status, title, tone }) {
  if (status === "rejected") return `“${title}” was rejected: ${tone.refused ? tone.reason : "its tone is negative"}.`;
  return `The digest of “${title}” is ready${status === "degraded" ? ", but incomplete" : ""}.`;
}

function notices({ status, tone, missing }) {
  if (status === "rejected" && tone.refused) {
    return [notice("Rejected: the tone of this article is not known.", `${tone.reason}, so the other stages were skipped.`)];
  }
  if (status === "rejected") {
    const why = `Its score of ${fixed(tone.score)} is above the limit of ${fixed(tone.threshold)}, so the other stages were skipped.`;
    return [notice("Rejected: the tone of this article is negative.", why)];
  }
  return missing.map(({ stage, reason }) => notice(`Missing: ${stage}.`, `${reason}.`));
}

function notice(title, detail) {
  return el("p", { className: "notice" }, el("strong", {}, title), " ", outside(detail));
}

function section(title, ...children) {
  return el("section", {}, el("h3", {}, title), ...children);
}

function read({ characters, of }) {
  const all = characters >= of ? "the whole article" : `the first ${count(characters)} of ${count(of)} characters`;
  return el("p", { className: "small" }, `Input: ${all}.`);
}

// The summary's nodes with the names marked, and these marks for each name.
function marked({ summary: made, entities: found }) {
  return made ? markNames(made, found?.items ?? [], mentions) : { marks: [] };
}

function mentions({ type, count: times }) {
  return `${KINDS[type] ?? type}, ${times === 1 ? "mentioned once" : `${count(times)} mentions`}`;
}

function summary({ summary: made, language, marked: { nodes } }) {
  if (!made) return null;
  const text = el("p", { className: "summary", lang: language, dir: "auto" }, ...nodes);
  return section(made.method === "list" ? "Items of this list" : "Summary", text, read(made.read));
}

function entities({ entities: made, language, marked: { marks } }) {
  if (!made) return null;
  if (made.items.length === 0) return section("Names", el("p", {}, "No names found."));
  const types = [...new Set([...Object.keys(TYPES), ...made.items.map((item) => item.type)])];
  const named = made.items.map((item, index) => ({ ...item, marks: marks[index] ?? [] }));
  const groups = types.map((type) => group(type, named, language)).filter(Boolean);
  const warning = made.reason ? notice("Unreliable names:", `${made.reason}.`) : "";
  return section("Names", warning, el("div", { className: "groups" }, ...groups), read(made.read));
}

function group(type, items, language) {
  const matching = items.filter((item) => item.type === type);
  if (matching.length === 0) return null;
  const title = el("h4", {}, outside(TYPES[type] ?? type), el("span", {}, ` (${matching.length})`));
  return el("div", {}, title, el("ul", {}, ...matching.map((item) => entity(item, language))));
}

function entity({ text, type, aliases = [], count: times, marks }, language) {
  const multiple = times > 1 ? el("span", { className: "small" }, ` ×${times}`) : "";
  const made = el("li", {}, marks.length > 0 ? pointer(text, marks, language) : outside(text, language), multiple);
  if (aliases.length > 0) made.title = `also ${aliases.slice(0, ALIASES).join(", ")}`;
  made.dataset.type = type;
  return made;
}

// A name that lights up its marks in the summary; a click shows the first one.
function pointer(text, marks, language) {
  const light = (on) => () => marks.forEach((mark) => mark.classList.toggle("lit", on));
  return el(
    "button",
    {
      type: "button",
      className: "name",
      onclick: () => marks[0].scrollIntoView({ block: "nearest" }),
      onpointerenter: light(true),
      onpointerleave: light(false),
      onfocus: light(true),
      onblur: light(false),
    },
    outside(text, language),
  );
}

// Renders the texts and lists of texts of a stage that has no renderer in RENDERERS.
function result(field) {
  return ({ [field]: made, language }) => {
    if (!made) return null;
    const { read: part, ...values } = made;
    const shown = Object.values(values).map((value) => plain(value, language));
    return section(capital(field), ...shown, part ? read(part) : "");
  };
}

function plain(value, language) {
  if (!Array.isArray(value)) return el("p", {}, outside(String(value), language));
  const texts = value.map((one) => outside(one.text ?? String(one), language));
  return el("ul", {}, ...texts.map((text) => el("li", {}, text)));
}

function tone({ tone: found }) {
  if (!found) return null;
  if (found.score === null) return section("Tone", el("p", {}, outside(`Not judged: ${found.reason}.`)));
  const sentence = `${capital(found.label)}: ${fixed(found.score)} on a scale from −1 (positive) to 1 (negative). Above ${fixed(found.threshold)} an article is rejected.`;
  const scale = el("div", { className: "scale" }, place("limit", found.threshold), place("mark", found.score));
  scale.setAttribute("aria-hidden", "true");
  return section("Tone", scale, el("p", {}, outside(sentence)), read(found.read));
}

function place(className, value) {
  const made = el("i", { className });
  made.style.left = `${50 * (value + 1)}%`;
  return made;
}

function meanings({ alternatives, title }) {
  const others = alternatives.filter((other) => other !== title);
  return others.length === 0 ? null : section("Other meanings", links(others));
}

function links(titles) {
  return el("ul", { className: "links" }, ...titles.map((title) => el("li", {}, termLink(title))));
}

function origin({ title, url, attribution, licence, term, complete }) {
  const json = el("a", { href: `v1/digest?term=${encodeURIComponent(term)}` }, "as JSON");
  const cut = complete ? "" : " Only the beginning of the article was used.";
  return el(
    "p",
    { className: "origin small" },
    "From ", link(url, attribution), ", licence ", link(licence.url, licence.name), ".", cut,
    " Get this digest ", json, ".",
  );
}

function nothing({ suggestions = [] }, term) {
  const announcement = `There is no article for “${term}”.`;
  const title = el("h2", {}, "There is no article for “", outside(term), "”");
  const near = suggestions.length > 0 ? [section("Did you mean", links(suggestions))] : [];
  return { announcement, parts: [title, ...near], foundNothing: true, offer: near.length === 0 };
}

function problem({ title, detail, status = 500, errors = [] }) {
  const why = errors.length > 0 ? errors.map((fault) => fault.message).join("; ") : detail;
  const parts = [el("h2", {}, title), el("p", { className: "notice" }, outside(why))];
  return { announcement: `${title}.`, parts, tryAgain: status >= 500 || status === 429, askForKey: status === 401 };
}

function capital(label) {
  return label.charAt(0).toUpperCase() + label.slice(1).toLowerCase();
}

function fixed(score) {
  return score.toFixed(2).replace("-", "−");
}

function count(number) {
  return number.toLocaleString("en");
}
