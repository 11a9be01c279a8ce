// A dossier that is being made: how far it is, and the page anew when it has ended.
"use strict";

const box = document.querySelector("[data-poll]");

async function look() {
  const answer = await fetch(box.dataset.poll, { headers: { accept: "application/json" } });
  if (!answer.ok) { location.reload(); return; }
  const now = await answer.json();
  if (now.state !== "making") { location.reload(); return; }
  const numbers = new Intl.NumberFormat(document.documentElement.lang);
  box.querySelector("[data-phase]").textContent = now.phase;
  box.querySelector("[data-done]").textContent = numbers.format(now.done);
  const bar = box.querySelector("progress");
  if (now.total) { bar.max = now.total; bar.value = now.done; } else bar.removeAttribute("value");
  setTimeout(look, 2000);
}

if (box) setTimeout(look, 2000);
