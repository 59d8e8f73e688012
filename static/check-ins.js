/* Check-ins by keyboard: Enter saves and goes on to the next row, Esc puts the old value back. Every page works without it. */
(function () {
  "use strict";

  function typeInto(form) {
    const field = form.querySelector("input[name=value], input[name=is_done], input[name=done], input[name=confidence]");
    field.focus();
    if (field.select && field.type === "text") { field.select(); }
  }

  function next(saved) {
    const open = [...document.querySelectorAll("form[data-check-in=open]")];
    return open.find((form) => saved.compareDocumentPosition(form) & Node.DOCUMENT_POSITION_FOLLOWING) || open[0];
  }

  // After a row was saved the focus goes to the next one that is open, after the last one to the list's heading.
  document.addEventListener("htmx:load", (event) => {
    const row = event.detail.elt;
    const saved = row.querySelector && row.querySelector("form[data-check-in=saved]");
    if (!saved || !row.closest("[data-check-ins]")) { return; }
    const following = next(saved);
    if (following) { typeInto(following); } else { document.getElementById("h-due").focus(); }
  });

  document.addEventListener("keydown", (event) => {
    const field = event.target;
    if (event.key === "Escape" && field.matches("form[data-check-in] input")) { field.value = field.defaultValue; }
  });

  // Tab gets into the first row at once: nobody needs the mouse.
  const first = document.querySelector("[data-check-ins] form[data-check-in=open]");
  const refused = document.querySelector("[data-check-ins] [autofocus]");
  if (refused) { refused.focus(); } else if (first && !window.location.hash) { typeInto(first); }
})();
