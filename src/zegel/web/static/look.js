// Choosing a period with the pointer: drag across the bars of a timeline. It fills in the form that
// is there anyhow and posts it. A press without a drag follows the bar's own link.
"use strict";

for (const figure of document.querySelectorAll("[data-brush]")) {
  const form = document.querySelector("form[data-brushed]");
  const steps = [...figure.querySelectorAll(".step")];
  let first = -1, last = -1, dragged = false, chosen = false;

  const under = (event) => {
    const box = document.elementFromPoint(event.clientX, event.clientY);
    return steps.indexOf(box && box.closest(".step"));
  };
  const show = () => {
    const [from, to] = [Math.min(first, last), Math.max(first, last)];
    steps.forEach((step, at) => step.classList.toggle("brushed", dragged && at >= from && at <= to));
  };
  const end = () => { first = last = -1; dragged = false; show(); };

  figure.addEventListener("pointerdown", (event) => {
    chosen = false;
    first = last = event.button === 0 ? under(event) : -1;
    dragged = false;
  });
  figure.addEventListener("pointermove", (event) => {
    if (first < 0) return;
    const at = under(event);
    if (at < 0) return;
    last = at;
    dragged = dragged || last !== first;
    show();
  });
  figure.addEventListener("click", (event) => {
    if (chosen) event.preventDefault();
    chosen = false;
  }, true);
  figure.addEventListener("pointerup", () => {
    if (!dragged || first < 0) { end(); return; }
    chosen = true;
    const [from, to] = [Math.min(first, last), Math.max(first, last)];
    form.elements.from.value = steps[from].dataset.from;
    form.elements.until.value = steps[to].dataset.until;
    form.elements.by.value = "";
    form.requestSubmit();
  });
  figure.addEventListener("dragstart", (event) => event.preventDefault());
  document.addEventListener("keydown", (event) => { if (event.key === "Escape") end(); });
}
