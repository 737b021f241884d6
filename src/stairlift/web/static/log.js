// Follows a log: asks for what was printed since, from the cursor that came with the last lines, and puts it below.
// Only while somebody wants it; the page is whole without.

const lines = document.getElementById("lines");
const button = document.getElementById("follow");
const words = document.getElementById("following");
const EVERY = 700; // milliseconds
const MOST = 5000; // lines that are kept; those before are on the pages
let cursor = lines?.dataset.cursor;
let last = lines?.dataset.last ?? "";
let timer = 0;

async function more() {
  const address = new URL(lines.dataset.more, location.href);
  address.searchParams.set("after", cursor);
  address.searchParams.set("last", last);
  const answer = await fetch(address, { cache: "no-store" });
  if (!answer.ok || answer.redirected) throw new Error(`${answer.status}`);
  const fresh = new DOMParser().parseFromString(await answer.text(), "text/html").getElementById("more");
  put(fresh);
  return "more" in fresh.dataset;
}

/** Lines and cursor go together: what was put is never asked for again. */
function put(fresh) {
  const low = lines.scrollHeight - lines.scrollTop - lines.clientHeight < 40;
  const added = [...fresh.children];
  if (added.length) lines.querySelector(".empty")?.remove();
  lines.append(...added);
  cursor = fresh.dataset.cursor;
  const headings = added.filter((one) => one.dataset.step);
  if (headings.length) last = `${headings.at(-1).dataset.step}/${headings.at(-1).dataset.number}`;
  while (lines.children.length > MOST) lines.firstElementChild.remove();
  if (low) lines.scrollTop = lines.scrollHeight;
}

async function look() {
  let wait = EVERY;
  try {
    if (await more()) wait = 0;
    words.textContent = "new lines come by themselves";
  } catch {
    words.textContent = "the server does not answer; it is asked again";
    wait = 5 * EVERY;
  }
  if (timer) timer = setTimeout(look, document.hidden ? 10 * EVERY : wait);
}

function follow(on) {
  clearTimeout(timer);
  timer = 0;
  button.setAttribute("aria-pressed", String(on));
  lines.setAttribute("aria-live", on ? "polite" : "off");
  words.textContent = on ? "new lines come by themselves" : "new lines are not shown by themselves";
  sessionStorage.setItem("follow", on ? "1" : "");
  if (on) {
    lines.scrollTop = lines.scrollHeight;
    timer = setTimeout(look, 0);
  }
}

if (lines && !location.hash) lines.scrollTop = lines.dataset.cursor ? lines.scrollHeight : 0;
button?.addEventListener("click", () => follow(button.getAttribute("aria-pressed") !== "true"));
if (button && sessionStorage.getItem("follow")) follow(true);
