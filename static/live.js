/* Shows on an open page what others change; docs/definitions.md, "Live pages". Every page works without it.
 *
 * Asks every few seconds whether anything has changed (core/live.py answers 304 if not), fetches the page once if so, and changes
 * what is different in the regions marked data-live-part. A form in which somebody is, types or has to decide something is left
 * alone; a quiet line in it then says that there is something new.
 */
(function () {
  "use strict";
  const place = document.querySelector("[data-live]");
  if (!place) { return; }

  // Milliseconds between two questions: while somebody works here or something changes, later, and when nobody has touched the page for long.
  const QUICK = 3000, CALM = 10000, IDLE = 30000, FAR = 60000;
  const CALM_AFTER = 120000, IDLE_AFTER = 900000, PATIENCE = 20000;
  const CHANGED_BY_SCRIPTS = ["is-focus", "is-cut-before", "is-cut-after"];

  // Milliseconds from one renewal to the next: over all teams there is always something that changes, and such a page is large.
  const REST = Number(place.dataset.rest) * 1000;

  let stamp = place.dataset.stamp;
  let timer = 0;
  let failures = 0;
  let asking = false;
  let stopped = false;
  let alive = Date.now(); // when somebody did something here, or something changed
  let looked = 0; // when the page was renewed
  let acts = 0; // counts the page's own requests: what was fetched before one of them is older than the page
  let underWay = 0;

  // -- Asking

  function pause() {
    if (failures) { return Math.min(FAR, QUICK * 2 ** failures); }
    const quiet = Date.now() - alive;
    return quiet < CALM_AFTER ? QUICK : quiet < IDLE_AFTER ? CALM : IDLE;
  }

  function later(wait) {
    window.clearTimeout(timer);
    // Spread a little, so that many who opened the page at once do not go on asking at once.
    if (!stopped && !document.hidden) { timer = window.setTimeout(ask, wait * (0.9 + Math.random() * 0.2)); }
  }

  async function get(url, headers) {
    const answer = await fetch(url, { headers, redirect: "manual", cache: "no-store", signal: AbortSignal.timeout(PATIENCE) });
    const away = answer.status >= 500 || answer.status === 429;
    if (away) { throw new Error("away"); }
    // Signed out, no right any more, or not there any more: asking on would be of no use. 422: a filter in the address that says so.
    if (![304, 422].includes(answer.status) && !answer.ok) { stop(place.dataset.stopped); }
    return answer;
  }

  async function ask() {
    if (asking || stopped) { return; }
    asking = true;
    try {
      settleKept();
      const answer = await get(place.dataset.live, { "If-None-Match": stamp });
      if (!stopped && answer.status !== 304 && Date.now() - looked >= REST) { await look(); }
      failures = 0;
    } catch { failures += 1; } // the portal or the network is away: try again, more and more rarely
    asking = false;
    tell();
    later(pause());
  }

  // One question without an answer may be chance; two in a row are said.
  function tell() {
    if (failures !== 1) { document.dispatchEvent(new CustomEvent("portal:reach", { detail: failures === 0 })); }
  }

  async function look() {
    const before = acts;
    alive = looked = Date.now();
    const answer = await get(window.location.href, { "X-Live": "look" });
    if (stopped) { return; }
    const fresh = new DOMParser().parseFromString(await answer.text(), "text/html");
    if (underWay || acts !== before) { return; } // older than what the page's own request brings: look again
    const state = fresh.querySelector("[data-live]");
    // Other parts, or (chosen in another tab) another language: half of it in the page would be neither.
    const differs = !state || fresh.documentElement.lang !== document.documentElement.lang || parts(fresh).join() !== parts(document).join();
    if (differs) { stop(place.dataset.other); return; }
    stamp = state.dataset.stamp; // as it was before the page was read
    if (document.title !== fresh.title) { document.title = fresh.title; }
    document.querySelectorAll("[data-live-part]").forEach((part) => renew(part, fresh.getElementById(part.id)));
  }

  function parts(root) { return [...root.querySelectorAll("[data-live-part]")].map((part) => part.id); }

  function stop(text) {
    stopped = true;
    window.clearTimeout(timer);
    const line = document.createElement("div");
    line.className = "p-notice";
    line.setAttribute("role", "status");
    const words = line.appendChild(document.createElement("p"));
    words.textContent = `${text} `;
    const link = words.appendChild(document.createElement("a"));
    link.href = window.location.href.split("#")[0];
    link.textContent = place.dataset.reload;
    place.hidden = false;
    place.replaceChildren(line);
  }

  // -- Renewing

  function renew(part, fresh) {
    const charts = [], asked = [];
    window.Idiomorph.morph(part, fresh, {
      ignoreActiveValue: true,
      callbacks: {
        beforeNodeMorphed: (old, next) => mayMorph(old, next, charts, asked),
        beforeNodeRemoved: (old) => old.nodeType !== Node.ELEMENT_NODE || !formsIn(old).some(isBusy),
        // What is open stays open, and what is closed closed.
        beforeAttributeUpdated: (name, node) => name !== "open" || node.tagName !== "DETAILS",
      },
    });
    // What asked by itself and need not any more: htmx looks only at what has its attributes, and would let it ask on.
    asked.forEach((node) => window.htmx.process(node));
    done(part, charts);
  }

  function mayMorph(old, next, charts, asked) {
    if (old.nodeType !== Node.ELEMENT_NODE) { return true; }
    if (old.matches("[data-chart]")) { // drawn by a script, from the data beside it
      old.classList.toggle("is-none", next.classList.contains("is-none"));
      return false;
    }
    if (old.matches("script[type='application/json']") && old.textContent !== next.textContent) { charts.push(old.parentElement); }
    if (old.matches("form") && isBusy(old)) { keep(old, next); return false; }
    if (old.matches("[hx-trigger]") && !next.matches("[hx-trigger]")) { asked.push(old); }
    for (const name of CHANGED_BY_SCRIPTS) { if (old.classList.contains(name)) { next.classList.add(name); } }
    return true;
  }

  function done(part, charts) {
    window.htmx.process(part);
    charts.forEach((chart) => document.dispatchEvent(new CustomEvent("portal:live", { detail: { elt: chart } })));
  }

  // -- Forms that somebody is in

  const kept = new Map(); // form -> the newer one

  function formsIn(node) { return node.matches("form") ? [node] : [...node.querySelectorAll("form")]; }
  function fieldsOf(form) { return [...form.elements].filter((field) => field.name && field.matches("input, textarea, select") && field.type !== "hidden"); }

  function isDirty(field) {
    if (field.type === "checkbox" || field.type === "radio") { return field.checked !== field.defaultChecked; }
    if (field.tagName !== "SELECT") { return field.value !== field.defaultValue; }
    const options = [...field.options];
    const chosen = options.some((option) => option.defaultSelected);
    // Where none is marked the browser chooses the first one of a plain list.
    return options.some((option, n) => option.selected !== (chosen || field.multiple ? option.defaultSelected : n === 0));
  }

  function isBusy(form) {
    return form.matches(".htmx-request")
      || (form.contains(document.activeElement) && document.activeElement.matches("input, textarea, select"))
      || form.querySelector("[role=alert]:not([hidden])") !== null // a refusal waits for a decision
      || fieldsOf(form).some(isDirty);
  }

  // What the server wrote into a form, whatever was typed since.
  function written(form) {
    const always = ["csrfmiddlewaretoken", "request_id"]; // new with each page
    return [...form.elements].filter((field) => field.name && !always.includes(field.name)).map((field) => [
      field.name,
      field.tagName === "SELECT" ? [...field.options].map((option) => [option.value, option.defaultSelected])
        : field.tagName === "BUTTON" ? field.value : [field.defaultValue, field.defaultChecked],
    ]);
  }

  function keep(form, fresh) {
    if (JSON.stringify(written(form)) === JSON.stringify(written(fresh))) { return; }
    kept.set(form, fresh);
    if (form.querySelector("[data-live-note]")) { return; }
    const note = document.createElement("p");
    note.className = "p-live-n";
    note.dataset.liveNote = "";
    note.setAttribute("role", "status");
    note.textContent = `${place.dataset.changed} `;
    const button = note.appendChild(document.createElement("button"));
    button.type = "button";
    button.className = "p-quiet";
    button.textContent = place.dataset.show;
    form.append(note);
  }

  // Nobody is in it any more and nothing was typed: show what is new.
  function settleKept() {
    for (const [form, fresh] of kept) {
      if (form.isConnected && isBusy(form)) { continue; }
      kept.delete(form);
      if (form.isConnected) { renew(form, fresh); }
    }
  }

  // What is new, with everything that was typed in its place, and with what was seen when it was typed: saving it says if both meet.
  function show(form) {
    const fresh = kept.get(form);
    const mine = fieldsOf(form).filter(isDirty);
    const typed = mine.map((field) => ({ name: field.name, type: field.type, option: field.value, value: field.value, checked: field.checked }));
    const seen = [...form.elements].filter((field) => field.type === "hidden" && mine.length
      && (["seen", "seen_version"].includes(field.name) || typed.some((each) => field.name === `seen_${each.name}`)));
    const seenValues = seen.map((field) => [field.name, field.value]);
    kept.delete(form);
    window.Idiomorph.morph(form, fresh, { callbacks: {} });
    form = document.body.contains(form) ? form : document.getElementById(fresh.id);
    for (const each of typed) {
      const toggles = each.type === "checkbox" || each.type === "radio";
      const field = [...form.elements].find((one) => one.name === each.name && (!toggles || one.value === each.option));
      if (field && toggles) { field.checked = each.checked; } else if (field) { field.value = each.value; }
    }
    for (const [name, value] of seenValues) { const field = form.elements[name]; if (field) { field.value = value; } }
    done(form, []);
    const first = fieldsOf(form).find(isDirty) || fieldsOf(form)[0];
    if (first) { first.focus({ preventScroll: true }); }
  }

  document.addEventListener("click", (event) => {
    const note = event.target.closest("[data-live-note] button");
    if (note) { show(note.closest("form")); }
  });

  // -- The page's own requests

  const sent = new WeakMap(); // form -> what it sent

  document.addEventListener("htmx:beforeRequest", (event) => {
    acts += 1;
    underWay += 1;
    const form = event.target.closest("form");
    if (form) { sent.set(form, fieldsOf(form).map((field) => [field, field.value, field.checked])); }
  });
  document.addEventListener("htmx:afterRequest", (event) => {
    acts += 1;
    underWay = Math.max(0, underWay - 1);
    const form = event.target.closest("form");
    if (!form || !event.detail.successful || event.detail.xhr.getResponseHeader("HX-Redirect")) { return; }
    // What was saved is no longer unsaved. What was typed since the form was sent is.
    for (const [field, value, checked] of sent.get(form) || []) {
      if (field.tagName === "SELECT") { for (const option of field.options) { option.defaultSelected = option.value === value; } }
      else if (field.type === "checkbox" || field.type === "radio") { field.defaultChecked = checked; }
      else { field.defaultValue = value; }
    }
    sent.delete(form);
  });

  // -- When

  for (const name of ["pointerdown", "keydown"]) {
    document.addEventListener(name, () => {
      const waited = Date.now() - alive;
      alive = Date.now();
      if (waited > CALM_AFTER && !asking) { later(0); } // somebody is back
    }, { passive: true, capture: true });
  }
  document.addEventListener("visibilitychange", () => { if (document.hidden) { window.clearTimeout(timer); } else { failures = 0; later(0); } });
  window.addEventListener("online", () => { failures = 0; later(0); });
  window.addEventListener("pageshow", (event) => { if (event.persisted) { later(0); } });
  later(QUICK);
})();
