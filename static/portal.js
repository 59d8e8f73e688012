/* Small conveniences; every page works without them. */
(function () {
  "use strict";

  // Copy buttons: <button data-copy="#id"> copies that field's value, or that text, and says so.
  document.addEventListener("click", (event) => {
    const button = event.target.closest("[data-copy]");
    if (!button) { return; }
    const field = document.querySelector(button.dataset.copy);
    field.select?.();
    navigator.clipboard?.writeText(field.value ?? field.textContent).then(() => { button.textContent = button.dataset.copied; }, () => {});
  });

  // A form that saves itself when a field changes: <form data-autosubmit>.
  document.addEventListener("change", (event) => {
    const form = event.target.closest("form[data-autosubmit]");
    if (form) { form.requestSubmit(); }
  });

  // Propose the browser's own time zone where nobody has chosen one yet.
  document.querySelectorAll("select[data-own-zone]").forEach((select) => {
    const own = Intl.DateTimeFormat().resolvedOptions().timeZone;
    if ([...select.options].some((option) => option.value === own)) { select.value = own; }
  });

  // A region that scrolls sideways where the screen is small begins with what matters in the middle: <nav data-reveal="[aria-current]">; "" is nothing.
  // The classes say on which sides more is to be seen; the style lets the content fade there.
  function tellEdges(region) {
    region.classList.toggle("is-cut-before", region.scrollLeft > 1);
    region.classList.toggle("is-cut-after", region.scrollLeft + region.clientWidth < region.scrollWidth - 1);
  }
  function reveal(region) {
    const wanted = region.dataset.reveal && region.querySelector(region.dataset.reveal)?.getBoundingClientRect();
    const shown = region.getBoundingClientRect();
    if (wanted) { region.scrollLeft += (wanted.left + wanted.right - shown.left - shown.right) / 2; }
    tellEdges(region);
  }
  function revealAll(root) { root.querySelectorAll("[data-reveal]").forEach(reveal); }
  revealAll(document);
  document.fonts.ready.then(() => revealAll(document)); // the web font makes everything a little wider
  document.addEventListener("htmx:load", (event) => revealAll(event.detail.elt));
  window.addEventListener("resize", () => document.querySelectorAll("[data-reveal]").forEach(tellEdges));
  document.addEventListener("scroll", (event) => { if (event.target.dataset?.reveal !== undefined) { tellEdges(event.target); } }, true);

  // A double click is one click: a button of <form data-once> does not send it again within half a second. Told by the button's
  // id, since the answer to the first half may have replaced the button already; in the capture phase, before htmx.
  let sent = { by: "", at: 0 };
  document.addEventListener("submit", (event) => {
    const by = event.submitter?.id;
    if (!by || !event.target.matches("form[data-once]")) { return; }
    if (sent.by === by && event.timeStamp - sent.at < 500) {
      event.preventDefault();
      event.stopImmediatePropagation();
      return;
    }
    sent = { by, at: event.timeStamp };
  }, true);

  // A form whose answer takes a while says so: <form data-busy="Reading the file …"> with an element [data-busy-told]. Its button
  // rests until then, and works again where somebody comes back to the page as it was left.
  const rest = (form, rests) => {
    form.querySelector("button[type=submit]").disabled = rests;
    form.querySelector("[data-busy-told]").textContent = rests ? form.dataset.busy : "";
  };
  document.addEventListener("submit", (event) => {
    const form = event.target;
    if (form.matches("form[data-busy]") && !event.defaultPrevented) { setTimeout(() => rest(form, true)); }
  });
  window.addEventListener("pageshow", (event) => {
    if (event.persisted) { document.querySelectorAll("form[data-busy]").forEach((form) => rest(form, false)); }
  });

  // What a fragment could not be had for stands at the top of the page (core/away.py) until an answer comes again.
  function tellAway(text, look = "is-off") {
    const place = document.getElementById("away");
    if (!place || (!text && !place.firstChild) || text === place.textContent) { return; }
    place.replaceChildren();
    if (!text) { return; }
    const line = document.createElement("div");
    line.className = `p-notice ${look}`;
    line.appendChild(document.createElement("p")).textContent = text;
    place.append(line);
  }
  // What was asked for in the background was refused or failed: say so where it is seen, and show a choice as it is stored.
  document.addEventListener("htmx:responseError", (event) => {
    const place = document.getElementById("away");
    if (!place || event.detail.xhr.status === 503) { return; }
    tellAway(event.detail.xhr.status < 500 ? place.dataset.refused : place.dataset.failed);
    event.target.closest("form[data-autosubmit]")?.reset();
  });
  // The portal or the network is away: said while it is so, wherever somebody reads or types on the page.
  function tellReach(isReached) {
    const place = document.getElementById("away");
    if (!place) { return; }
    if (!isReached) { tellAway(place.dataset.unreachable, "is-risk"); }
    else if (place.textContent === place.dataset.unreachable) { tellAway(""); }
  }
  document.addEventListener("htmx:sendError", () => tellReach(false));
  document.addEventListener("portal:reach", (event) => tellReach(event.detail)); // static/live.js
  window.addEventListener("offline", () => tellReach(false));
  window.addEventListener("online", () => tellReach(true));
  document.addEventListener("htmx:beforeOnLoad", (event) => { if (event.detail.xhr.status !== 503) { tellAway(""); } });

  // A page that asks which of two values shall stand begins with the question.
  const question = document.querySelector("main .p-both");
  if (question) {
    question.scrollIntoView({ block: "center" });
    question.querySelector("input[type=radio], button")?.focus({ preventScroll: true });
  }

  // How much of a text fits: its field takes more, so that what is pasted is never cut without a word; saving refuses it then.
  function tellLength(field) {
    const most = Number(field.dataset.most);
    const length = [...field.value.replace(/\n/g, "\r\n")].length;
    let line = field.parentElement.querySelector(`[data-length-of="${field.name}"]`);
    if (length < most * 0.9) { line?.remove(); return; }
    if (!line) {
      line = document.createElement("p");
      line.dataset.lengthOf = field.name;
      line.setAttribute("role", "status");
      field.after(line);
    }
    const said = (number) => number.toLocaleString(document.documentElement.lang);
    line.className = length > most ? "p-form-error" : "p-sub";
    line.textContent = `${said(length)} / ${said(most)}${length > most ? ` · ${document.getElementById("away").dataset.tooLong}` : ""}`;
  }
  document.addEventListener("input", (event) => { if (event.target.dataset?.most && document.getElementById("away")) { tellLength(event.target); } });

  // "?" lists what can be done by keyboard, unless somebody types it. An open dialog closes on Escape by itself.
  function showShortcuts() { document.getElementById("shortcuts")?.showModal(); }
  document.addEventListener("keydown", (event) => {
    const types = event.target.matches?.("input:not([type=radio], [type=checkbox]), textarea, select, [contenteditable]");
    if (event.key === "?" && !types && !event.ctrlKey && !event.altKey && !event.metaKey && !document.querySelector("dialog[open]")) {
      event.preventDefault();
      showShortcuts();
    }
  });
  document.addEventListener("click", (event) => { if (event.target.closest("[data-shortcuts]")) { showShortcuts(); } });

  // Menus close on Escape and on a click elsewhere.
  function closeMenus(except) {
    document.querySelectorAll("details[data-menu][open]").forEach((menu) => { if (menu !== except) { menu.open = false; } });
  }
  document.addEventListener("click", (event) => closeMenus(event.target.closest("details[data-menu]")));
  document.addEventListener("keydown", (event) => {
    const open = event.key === "Escape" && document.querySelector("details[data-menu][open]");
    if (open) { open.open = false; open.querySelector("summary").focus(); }
  });
})();
