// The line of the footer on the server's status, which is optional.

import { status } from "./server.js";

const line = document.querySelector("#load");
const UNITS = [["d", 86400], ["h", 3600], ["min", 60], ["s", 1]];

export async function showLoad() {
  const said = await status().then(sentence).catch(() => "");
  line.firstElementChild.textContent = said;
  line.hidden = said === "";
}

function sentence({ version, uptime_s, replicas }) {
  const of = (name) => replicas.reduce((sum, replica) => sum + replica[name], 0);
  return `Version ${version}, up ${duration(uptime_s)}, ${of("in_progress")} of ${of("limit")} terms in progress.`;
}

function duration(seconds) {
  const [unit, length] = UNITS.find(([, length]) => seconds >= length) ?? UNITS.at(-1);
  return `${Math.floor(seconds / length)} ${unit}`;
}
