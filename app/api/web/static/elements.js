// Elements made of values. What comes from outside becomes text, never markup.

export function el(name, properties = {}, ...children) {
  const made = Object.assign(document.createElement(name), properties);
  made.append(...children);
  return made;
}

// Text from outside stands for itself: it runs in its own direction, whatever it contains.
export function outside(text, language) {
  return el("bdi", language ? { lang: language } : {}, text);
}

// Only web addresses become links; a corpus has none, and a hostile wiki might give another kind.
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
