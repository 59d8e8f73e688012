/* The round of an assessment by keyboard, and what a save says while it is under way. The page works without it. */
(function () {
  "use strict";
  const place = document.querySelector("[data-assess]");
  if (!place) { return; }
  const rows = [...place.querySelectorAll("[data-criterion]")];
  let at = -1; // the row the keys act on

  function go(to) {
    at = Math.max(0, Math.min(rows.length - 1, to));
    const row = rows[at];
    rows.forEach((each) => each.classList.toggle("is-focus", each === row));
    (row.querySelector("input[type=radio]:checked") || row.querySelector("input[type=radio]")).focus({ preventScroll: true });
    row.scrollIntoView({ block: "nearest" });
  }

  place.addEventListener("focusin", (event) => {
    const here = rows.indexOf(event.target.closest("[data-criterion]"));
    if (here >= 0 && here !== at) {
      at = here;
      rows.forEach((each) => each.classList.toggle("is-focus", each === rows[at]));
    }
  });

  function choose(key) {
    const radio = at >= 0 && rows[at].querySelector(`input[data-key="${key}"]`);
    if (!radio || radio.disabled) { return false; }
    radio.checked = true;
    radio.focus({ preventScroll: true });
    // Also where it was chosen already: an answer given again is an answer.
    for (const name of ["input", "change"]) { radio.dispatchEvent(new Event(name, { bubbles: true })); }
    return true;
  }

  document.addEventListener("keydown", (event) => {
    const field = event.target;
    const types = /^(TEXTAREA|SELECT)$/.test(field.tagName) || (field.tagName === "INPUT" && field.type !== "radio");
    if (types && event.key === "Escape" && rows.includes(field.closest("[data-criterion]"))) { go(at); return; }
    if (types || event.ctrlKey || event.metaKey || event.altKey || event.isComposing) { return; }
    const key = event.key.toUpperCase();
    let done = true;
    if (key === "J") { go(at + 1); }
    else if (key === "K") { go(at - 1); }
    else if (/^[1-9UN]$/.test(key)) { done = choose(key); }
    else if (key === "C" && at >= 0) { rows[at].querySelector("[data-comment]")?.focus(); }
    else { done = false; }
    if (done) { event.preventDefault(); }
  });

  // A save that never arrives must not look like one that did.
  function tell(row, text, failed) {
    const said = row.querySelector("[id^=said-]");
    const line = document.createElement(failed ? "p" : "span");
    line.className = failed ? "p-notice is-risk p-row-n" : "p-sub";
    if (failed) { line.setAttribute("role", "alert"); }
    line.textContent = text;
    said.replaceChildren(line);
    return line;
  }
  const unsaved = new Set();
  place.addEventListener("input", (event) => {
    const row = event.target.closest("[data-criterion]");
    unsaved.add(row);
    // A refusal stays in sight while somebody goes on typing.
    if (!row.querySelector("[id^=said-] [role=alert]")) { tell(row, place.dataset.unsaved, false); }
  });
  window.addEventListener("beforeunload", (event) => { if (unsaved.size) { event.preventDefault(); } });
  place.addEventListener("htmx:beforeRequest", (event) => {
    unsaved.delete(event.target.closest("[data-criterion]"));
    tell(event.target.closest("[data-criterion]"), place.dataset.saving, false).classList.add("is-saving");
  });
  place.addEventListener("htmx:afterRequest", (event) => {
    const row = event.target.closest("[data-criterion]");
    if (!event.detail.successful) { unsaved.add(row); }
    // An answer that says nothing of the row is another page: the session has ended.
    else if (row.querySelector("[id^=said-] .is-saving")) { unsaved.add(row); tell(row, place.dataset.failed, true); }
  });
  for (const name of ["htmx:sendError", "htmx:timeout", "htmx:responseError"]) {
    place.addEventListener(name, (event) => {
      const row = event.target.closest("[data-criterion]");
      const refused = event.detail.xhr && [409, 422].includes(event.detail.xhr.status);  // told in the row itself
      if (row && !refused) { tell(row, place.dataset.failed, true); }
    });
  }
  // "Saved" is not said of a row in which somebody has typed on since.
  document.addEventListener("htmx:oobBeforeSwap", (event) => {
    const row = event.detail.target.closest("[data-criterion]");
    if (!row) { return; }
    const isRefusal = event.detail.fragment.querySelector("[role=alert]");
    if (unsaved.has(row) && event.detail.target.id.startsWith("said-") && !isRefusal) { event.detail.shouldSwap = false; }
  });
  // "Keep what is there": the address may be this page's own.
  place.addEventListener("click", (event) => {
    const link = event.target.closest("[data-reload]");
    if (link) { event.preventDefault(); unsaved.clear(); window.location.hash = link.hash; window.location.reload(); }
  });
})();
