/* Check-ins by keyboard: Enter saves and goes on to the next row, Esc puts the old value back. Every page works without it. */
(function () {
  "use strict";
  const OPEN = "[data-check-ins] form[data-check-in=open]";

  function typeInto(form) {
    const field = form.querySelector("input[name=value], input[name=is_done], input[name=done], input[name=confidence]");
    field.focus();
    if (field.type === "text") { field.select(); }
  }

  function nextAfter(form) {
    const open = [...document.querySelectorAll(OPEN)];
    return open.find((each) => form.compareDocumentPosition(each) & Node.DOCUMENT_POSITION_FOLLOWING) || open[0];
  }

  function isTyping() {
    const field = document.activeElement;
    if (!field || !field.matches("form[data-check-in] input")) { return false; }
    return field.type === "checkbox" ? field.checked !== field.defaultChecked : field.value !== field.defaultValue;
  }

  // The focus goes on at once, before the answer and before the row's turn in the queue: whoever types fast types into the next row.
  document.addEventListener("submit", (event) => {
    const form = event.target;
    if (!form.matches(OPEN)) { return; }
    form.dataset.checkIn = "saving";
    const following = nextAfter(form);
    if (following) { typeInto(following); }
  });
  // No answer came, or one that is none: the row says that it is not saved.
  document.addEventListener("htmx:afterRequest", (event) => {
    const form = event.target;
    if (!form.isConnected || !form.matches("form[data-check-in=saving]")) { return; }
    form.dataset.checkIn = "open";
    const said = form.querySelector("[data-unsaved]");
    said.hidden = false;
    said.textContent = said.dataset.unsaved;
  });

  // A refused row gets the focus back unless somebody types elsewhere by now; after the last row the heading has it.
  document.addEventListener("htmx:load", (event) => {
    const row = event.detail.elt;
    const refused = row.querySelector && row.querySelector("[data-refused]");
    if (refused && !isTyping()) { refused.focus(); }
    if (!refused && row.closest("[data-check-ins]") && !document.querySelector("form[data-check-in=saving]")) {
      const left = document.querySelector(OPEN);
      if (!left) { document.getElementById("h-due").focus(); } else if (!document.activeElement.closest(OPEN)) { typeInto(left); }
    }
  });

  document.addEventListener("keydown", (event) => {
    const field = event.target;
    if (event.key === "Escape" && field.matches("form[data-check-in] input")) { field.value = field.defaultValue; }
  });

  // The first row has the focus at once: nobody needs the mouse.
  const first = document.querySelector("[data-check-ins] [autofocus]") || document.querySelector(OPEN);
  if (first && first.matches("form")) { typeInto(first); } else if (first) { first.focus(); }
})();
