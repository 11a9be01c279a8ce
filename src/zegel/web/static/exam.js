// How a run goes, fetched anew every two seconds while somebody is there to see it. Without this
// script the page is as true when it is loaded again.
"use strict";

const EVERY = 2000;
const REST = 15 * 60 * 1000; // then the page looks no more, so that a session can end

const watched = document.getElementById("watched");
let moved = Date.now();
for (const act of ["pointermove", "keydown", "scroll"]) {
  document.addEventListener(act, () => { moved = Date.now(); }, { passive: true });
}

const state = () => document.getElementById("run").dataset.state;

async function look() {
  if (Date.now() - moved > REST) {
    document.getElementById("watching").hidden = false;
    return;
  }
  if (document.visibilityState === "visible") {
    const before = state();
    try {
      const answer = await fetch(watched.dataset.from, { credentials: "same-origin" });
      if (answer.status === 401 || answer.status === 403) {
        window.location.reload(); // the session has ended: the page to log in says so
        return;
      }
      const page = new DOMParser().parseFromString(await answer.text(), "text/html");
      const run = answer.ok && page.getElementById("run");
      if (run) document.getElementById("run").replaceWith(document.adoptNode(run));
    } catch {
      // The server is away for a moment: what is shown says when it was last heard of.
    }
    if (before === "running" && state() !== "running") {
      window.location.reload();
      return;
    }
  }
  window.setTimeout(look, EVERY);
}

if (watched && state() === "running") window.setTimeout(look, EVERY);
