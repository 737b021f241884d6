// Keeps a page as it is on record: a bell rings, the page is fetched anew, and what differs is put in its place.
// What the server draws is all there is to see; without this script the same pages are whole.

const body = document.body;
const live = document.getElementById("live");
const words = document.getElementById("live-words");
const POLL = 5000; // where no stream stands; milliseconds, as all times here
const SLOWLY = 15000; // where one does: what an attempt tells of itself is no event
const STALE = 15000; // without an answer
const SPEAK = 10000;
const GAP = 400;

if (body.dataset.at) history.replaceState(null, "", body.dataset.at);
let skew = Date.now() - Date.parse(body.dataset.drawn);
let fetched = Date.now();
let stream = null;
let patience = 1000;
let heard = false; // whether the first stream has stood, or broken
let busy = false;
let again = false;
let spoken = 0;
let alarmed = alarm(document);

// --- Redrawing -----------------------------------------------------------------------------------------------------

/** Fetches the page's regions and puts in what differs. One at a time; a ring meanwhile has it done once more. */
async function redraw() {
  if (busy) return void (again = true);
  busy = true;
  try {
    const answer = await fetch(location.href, { headers: { "X-Part": "1" }, cache: "no-store" });
    if (answer.redirected) return location.assign(answer.url);
    if (answer.status === 401 || answer.status === 403) return location.reload();
    if (!answer.ok) throw new Error(`${answer.status}`);
    put(new DOMParser().parseFromString(await answer.text(), "text/html"));
    fetched = Date.now();
  } finally {
    busy = false;
    show();
  }
  if (again) {
    again = false;
    setTimeout(ring, GAP);
  }
}

const ring = () => redraw().catch(() => {});

function put(fresh) {
  const focused = document.activeElement?.id;
  for (const region of document.querySelectorAll("[data-live]")) {
    const other = fresh.getElementById(region.id);
    if (other) morph(region, other);
  }
  for (const name of ["seq", "bell", "poll"]) {
    if (name in fresh.body.dataset) body.dataset[name] = fresh.body.dataset[name];
    else delete body.dataset[name];
  }
  document.title = fresh.title;
  skew = Date.now() - Date.parse(fresh.body.dataset.drawn);
  if (focused && document.activeElement === body) document.getElementById(focused)?.focus();
  tick();
  speak(fresh);
}

/** Makes a node like another one and keeps what is the reader's: focus, open details, text that is being typed. */
function morph(old, fresh) {
  if (old.isEqualNode(fresh)) return;
  if (old.nodeType !== Node.ELEMENT_NODE) return void (old.nodeValue = fresh.nodeValue);
  const mine = old.localName === "details" ? "open" : null;
  for (const { name } of [...old.attributes]) if (name !== mine && !fresh.hasAttribute(name)) old.removeAttribute(name);
  for (const { name, value } of fresh.attributes) if (name !== mine) old.setAttribute(name, value);
  const keyed = new Map([...old.children].filter(key).map((child) => [key(child), child]));
  let at = old.firstChild;
  for (const wanted of [...fresh.childNodes]) {
    const name = key(wanted);
    const found = name ? keyed.get(name) : at && !key(at) && at.nodeName === wanted.nodeName ? at : null;
    if (!found) old.insertBefore(document.importNode(wanted, true), at);
    else {
      if (found === at) at = at.nextSibling;
      else old.insertBefore(found, at);
      morph(found, wanted);
    }
  }
  while (at) {
    const next = at.nextSibling;
    at.remove();
    at = next;
  }
}

const key = (node) => node.id || node.dataset?.key || "";

// --- The bell ------------------------------------------------------------------------------------------------------

/** One stream for the page, closed while nobody looks; where it breaks, a new one after a while, and looks until then. */
function listen() {
  stream?.close();
  stream = null;
  if (document.hidden || !body.dataset.bell) return;
  stream = new EventSource(`${body.dataset.bell}?after=${body.dataset.seq ?? 0}`);
  stream.addEventListener("open", () => {
    patience = 1000;
    heard = true;
    show();
  });
  stream.addEventListener("ring", (event) => {
    if (event.lastEventId !== body.dataset.seq) ring();
  });
  stream.addEventListener("end", () => {
    stream?.close();
    stream = null;
    ring();
  });
  stream.addEventListener("error", () => {
    heard = true;
    stream?.close();
    stream = null;
    show();
    setTimeout(() => stream || listen(), patience);
    patience = Math.min(patience * 2, 30000);
  });
}

const listening = () => stream?.readyState === EventSource.OPEN;

setInterval(() => {
  const every = Number(body.dataset.poll) * 1000 || (listening() ? SLOWLY : POLL);
  if ((body.dataset.poll || body.dataset.bell) && !document.hidden && Date.now() - fetched >= every) ring();
  show();
}, 1000);

document.addEventListener("visibilitychange", () => {
  if (!document.hidden && (body.dataset.bell || body.dataset.poll)) ring();
  listen();
});

function show() {
  const followed = body.dataset.bell || body.dataset.poll;
  const late = Date.now() - fetched > STALE + 1000;
  const waiting = heard ? "reconnecting" : "connecting";
  const state = !followed ? "still" : listening() || (body.dataset.poll && !late) ? "live" : late ? "stale" : waiting;
  if (live.dataset.state === state) return;
  live.dataset.state = state;
  const at = `${new Date(fetched - skew).toISOString().slice(11, 16)}Z`;
  words.textContent = { stale: `stale since ${at}`, still: `as of ${at}` }[state] ?? state;
}

// --- What is said aloud --------------------------------------------------------------------------------------------

function alarm(page) {
  return page.querySelector("[data-alarm]")?.dataset.alarm ?? "";
}

/** The sentence of the page now and then; at once only what needs somebody. */
function speak(fresh) {
  const urgent = alarm(fresh);
  if (urgent !== alarmed) document.getElementById("alarm").textContent = alarmed = urgent;
  const sentence = fresh.querySelector("[data-say]")?.textContent.trim();
  if (!sentence || Date.now() - spoken < SPEAK) return;
  spoken = Date.now();
  const said = document.getElementById("said");
  if (said.textContent !== sentence) said.textContent = sentence;
}

// --- Times ---------------------------------------------------------------------------------------------------------

function length(milliseconds) {
  const seconds = Math.max(0, Math.floor(milliseconds / 1000));
  const [minutes, hours, days] = [60, 3600, 86400].map((unit) => Math.floor(seconds / unit));
  const two = (number) => String(number).padStart(2, "0");
  if (days) return `${days}d ${two(hours % 24)}h`;
  if (hours) return `${hours}h ${two(minutes % 60)}m`;
  return minutes ? `${minutes}m ${two(seconds % 60)}s` : `${seconds}s`;
}

function tick() {
  const now = Date.now() - skew;
  for (const time of document.querySelectorAll("time[datetime]")) {
    const at = Date.parse(time.dateTime);
    time.title = `${new Date(at).toLocaleString()} here, ${time.dateTime} UTC`;
    if ("since" in time.dataset) write(time, length(now - at));
    if ("ago" in time.dataset) write(time, `${length(now - at)} ago`);
  }
}

function write(node, text) {
  if (node.textContent !== text) node.textContent = text;
}

setInterval(() => document.hidden || tick(), 1000);

// --- Keys and the scheme -------------------------------------------------------------------------------------------

const dialog = document.getElementById("keys");
const pages = { r: "/", h: "/hosts", p: "/plans" };
let going = 0;

/** Light, dark, and as the system has it, in turn. */
function turn() {
  const root = document.documentElement;
  const next = { undefined: "dark", dark: "light" }[root.dataset.theme];
  if (next) root.dataset.theme = next;
  else delete root.dataset.theme;
  try {
    if (next) localStorage.setItem("theme", next);
    else localStorage.removeItem("theme");
  } catch {
    // it holds for this page alone
  }
}

function look(id) {
  const place = document.getElementById(id);
  place?.scrollIntoView({ block: "nearest" });
  place?.querySelector("summary, button:not([disabled]), a, input:not([type=hidden])")?.focus();
}

const keys = { n: () => look("needs"), b: () => look("actions"), ".": ring, t: turn, "?": () => dialog.showModal() };

document.addEventListener("keydown", (event) => {
  const typing = event.target.closest("input, textarea, select, dialog, [contenteditable]");
  if (typing || event.ctrlKey || event.metaKey || event.altKey) return;
  if (event.key === "g") return void (going = Date.now());
  const page = Date.now() - going < 1500 && pages[event.key];
  going = 0;
  if (page) location.assign(page);
  else if (Object.hasOwn(keys, event.key)) {
    event.preventDefault();
    keys[event.key]();
  }
});

document.getElementById("theme").addEventListener("click", turn);
document.getElementById("help").addEventListener("click", () => dialog.showModal());

tick();
listen();
show();
