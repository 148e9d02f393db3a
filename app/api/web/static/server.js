// What the page asks the server for.

export class Refused extends Error {
  constructor(problem) {
    super(problem.title);
    this.problem = problem;
  }
}

// The events of one digest: `stage` as each finishes, then one `digest` or `problem`.
export async function* events(term, signal) {
  const response = await get("v1/digest/stream", term, signal);
  const reader = response.body.pipeThrough(new TextDecoderStream()).getReader();
  let text = "";
  let last = "";
  for (;;) {
    const { done, value } = await reader.read();
    if (done) break;
    const blocks = (text + value).split("\n\n");
    text = blocks.pop();
    for (const event of blocks.map(parse).filter((event) => event.data !== undefined)) {
      last = event.name;
      yield event;
    }
  }
  if (last === "" || last === "stage") throw new TypeError("the stream broke off");
}

// Titles that begin like `term`; some to begin with, where it is empty.
export async function ask(term, signal) {
  return (await (await get("v1/suggestions", term, signal)).json()).titles;
}

async function get(path, term, signal) {
  const response = await fetch(`${path}?term=${encodeURIComponent(term)}`, { signal });
  if (!response.ok) throw new Refused(await problemIn(response));
  return response;
}

async function problemIn(response) {
  const unknown = {
    title: "The server failed",
    detail: `It answered with HTTP status ${response.status}.`,
    status: response.status,
  };
  const problem = await response.json().catch(() => ({}));
  return { ...unknown, ...problem };
}

function parse(block) {
  const event = {};
  for (const line of block.split("\n")) {
    const [, field, value] = /^(event|data): (.*)/.exec(line) ?? [];
    if (field === "event") event.name = value;
    if (field === "data") event.data = JSON.parse(value);
  }
  return event;
}
