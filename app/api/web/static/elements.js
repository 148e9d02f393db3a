// Creates elements. Text from outside is never parsed as markup.

export function el(name, properties = {}, ...children) {
  const made = Object.assign(document.createElement(name), properties);
  made.append(...children);
  return made;
}

// Isolates text from outside: its direction does not affect the text around it.
export function outside(text, language) {
  return el("bdi", language ? { lang: language } : {}, text);
}

// Links only http(s) URLs: a corpus has none, and a hostile wiki might return `javascript:`.
export function link(address, text) {
  const web = /^https?:\/\//i.test(address);
  return web ? el("a", { href: address, rel: "noreferrer" }, outside(text)) : outside(text);
}

export function termLink(term) {
  const made = el("a", { href: `?term=${encodeURIComponent(term)}` }, outside(term));
  made.dataset.term = term;
  return made;
}

export function seconds(ms) {
  return ms < 1000 ? `${ms.toFixed(ms < 10 ? 1 : 0)} ms` : `${(ms / 1000).toFixed(1)} s`;
}
