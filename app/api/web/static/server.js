// Requests to the server.

export class RequestFailed extends Error {
  constructor(problem) {
    super(problem.title);
    this.problem = problem;
  }
}

// Yields the events of one digest: `stage` as each stage finishes, then one `digest` or `problem`.
// A stream that breaks off is asked for once more: the process that sent it may have died.
export async function* events(term, signal) {
  try {
    yield* eventsOnce(term, signal);
  } catch (error) {
    if (signal.aborted || error instanceof RequestFailed) throw error;
    yield* eventsOnce(term, signal);
  }
}

async function* eventsOnce(term, signal) {
  const response = await get(asking("v1/digest/stream", term), signal);
  const reader = response.body.pipeThrough(new TextDecoderStream()).getReader();
  let text = "";
  for (;;) {
    const { done, value } = await reader.read();
    if (done) break;
    const blocks = (text + value).split("\n\n");
    text = blocks.pop();
    for (const event of blocks.map(parse).filter((event) => event.data !== undefined)) {
      yield event;
      if (event.name !== "stage") return;
    }
  }
  throw new TypeError("the stream ended early");
}

// Returns titles that begin with `term`, or example titles if it is empty.
export async function suggest(term, signal) {
  return (await (await get(asking("v1/suggestions", term), signal)).json()).titles;
}

// Returns the version, and the load of every replica.
export async function status() {
  return (await get("v1/status")).json();
}

// Keeps the API key until the tab is closed.
export function useKey(key) {
  sessionStorage.setItem("key", key);
}

export function hasKey() {
  return sessionStorage.getItem("key") !== null;
}

// Shows an answer of the API in this tab, as a link to it would, which sends no key.
export async function showAnswer(address) {
  const response = await fetch(address, { headers: authorization() });
  location.assign(URL.createObjectURL(await response.blob()));
}

function authorization() {
  return hasKey() ? { Authorization: `Bearer ${sessionStorage.getItem("key")}` } : {};
}

function asking(path, term) {
  return `${path}?term=${encodeURIComponent(term)}`;
}

async function get(address, signal) {
  const response = await fetch(address, { signal, headers: authorization() });
  if (!response.ok) throw new RequestFailed(await problemIn(response));
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
