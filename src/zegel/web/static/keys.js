// Everything by keyboard. Lists are marked data-list, their items data-item; what a single key
// presses is marked data-key. Without this script every page works by links and buttons.
"use strict";

const typing = (at) =>
  at && (at.isContentEditable || /^(INPUT|TEXTAREA|SELECT)$/.test(at.tagName));

function move(step) {
  const items = [...document.querySelectorAll("[data-list] [data-item]")];
  if (!items.length) return;
  const at = items.findIndex((item) => item.classList.contains("chosen"));
  const next = items[Math.min(Math.max(at + step, 0), items.length - 1)];
  items.forEach((item) => item.classList.toggle("chosen", item === next));
  const link = next.matches("a, button") ? next : next.querySelector("a[href], button");
  if (link) link.focus({ preventScroll: true });
  next.scrollIntoView({ block: "nearest" });
}

function open() {
  const chosen = document.querySelector("[data-item].chosen");
  const link = chosen && (chosen.matches("a") ? chosen : chosen.querySelector("a[href]"));
  if (link) link.click();
}

document.addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey || event.defaultPrevented) return;
  const help = document.getElementById("keys");
  if (typing(document.activeElement)) {
    if (event.key === "Escape") document.activeElement.blur();
    return;
  }
  if (help && help.open) return;
  const acts = {
    j: () => move(1),
    k: () => move(-1),
    o: open,
    s: () => {
      const box = document.querySelector("[data-item].chosen [data-tick]");
      if (box) box.click();
    },
    "/": () => {
      const box = document.querySelector("[data-search]");
      if (box) { box.focus(); box.select(); }
    },
    "?": () => help && help.showModal(),
  };
  const act = acts[event.key];
  const pressed = !act && document.querySelector(`[data-key="${CSS.escape(event.key)}"]`);
  if (!act && !pressed) return;
  event.preventDefault();
  if (act) act();
  else if (/^(INPUT|TEXTAREA|SELECT)$/.test(pressed.tagName)) pressed.focus();
  else pressed.click();
});
