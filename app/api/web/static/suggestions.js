// Suggestions while typing: the list combobox of the ARIA Authoring Practices.

import { el, outside } from "./elements.js";
import { suggest } from "./server.js";

const DEBOUNCE_MS = 150;

export function suggestWhileTyping(field, choose) {
  const list = document.querySelector(`#${field.getAttribute("aria-controls")}`);
  let timer = 0;
  let request = new AbortController();
  let active = -1;

  function close() {
    clearTimeout(timer);
    request.abort();
    show([]);
  }

  function show(titles) {
    list.replaceChildren(...titles.map(option));
    list.hidden = titles.length === 0;
    field.setAttribute("aria-expanded", String(!list.hidden));
    activate(-1);
  }

  function option(title, number) {
    const made = el("li", { id: `suggestion-${number}`, role: "option" }, outside(title));
    made.setAttribute("aria-selected", "false");
    made.addEventListener("pointerdown", (event) => event.preventDefault()); // the field keeps the focus
    made.addEventListener("click", () => choose(title));
    return made;
  }

  function move(step) {
    const places = list.children.length + 1; // with the field itself, at -1
    activate(((active + step + 1 + places) % places) - 1);
  }

  function activate(number) {
    const options = [...list.children];
    active = number;
    options.forEach((o, n) => o.setAttribute("aria-selected", String(n === active)));
    if (active < 0) field.removeAttribute("aria-activedescendant");
    else field.setAttribute("aria-activedescendant", options[active].id);
    options[active]?.scrollIntoView({ block: "nearest" });
  }

  async function update() {
    request = new AbortController();
    const { signal } = request;
    const titles = await suggest(field.value.trim(), signal).catch(() => []); // suggestions are optional
    if (!signal.aborted) show(titles);
  }

  const keys = {
    ArrowDown: () => move(1),
    ArrowUp: () => move(-1),
    Escape: close,
    Enter: () => choose(list.children[active].textContent),
  };

  field.addEventListener("keydown", (event) => {
    const handled = event.key === "Enter" ? active >= 0 : event.key in keys;
    if (list.hidden || !handled) return;
    event.preventDefault();
    keys[event.key]();
  });
  field.addEventListener("input", () => {
    clearTimeout(timer);
    request.abort();
    activate(-1);
    if (field.value.trim()) timer = setTimeout(update, DEBOUNCE_MS);
    else close();
  });
  field.addEventListener("blur", close);
  return { close };
}
