/* What was typed and not saved yet outlives another form of the page, a reload, a sign-in and a right that was lost; not the
 * tab, nor signing out. One way for every form that sends something; docs/definitions.md, "Nothing typed is lost". Every page
 * works without it.
 *
 * When a page is left, the fields that differ from what the server wrote are kept in the tab's own storage, with what the form
 * had seen, so that saving later still asks where somebody else changed the same. Secrets and files are never kept.
 */
(function () {
  "use strict";
  const person = document.body.dataset.person || ""; // "" where nobody is signed in: what is kept waits then
  const texts = document.getElementById("away")?.dataset;
  if (!texts) { return; }
  const PREFIX = "draft:";
  const SECRET = ["one-time-code", "current-password", "new-password", "username"];
  let leaving = false; // signing out: nothing is to be left behind
  const settled = new WeakSet(); // forms whose texts the server has

  const storage = {
    keys: () => Object.keys(window.sessionStorage).filter((key) => key.startsWith(PREFIX)),
    read: (key) => { try { return JSON.parse(window.sessionStorage.getItem(key)); } catch { return null; } },
    write: (key, value) => { try { window.sessionStorage.setItem(key, JSON.stringify(value)); } catch { /* it is full */ } },
    drop: (key) => window.sessionStorage.removeItem(key),
  };

  // -- Forms and their fields

  // One marked data-no-draft only picks rows of a list: nothing is typed in it.
  function forms() { return !person ? [] : [...document.querySelectorAll("main form[method=post]:not([data-autosubmit], [data-no-draft])")]; }

  // By where it sends to, which stays the same on whatever page it is shown again.
  function keyOf(form) {
    const action = (one) => new URL(one.getAttribute("action") || window.location.href, window.location.href).pathname;
    return `${PREFIX}${action(form)}#${forms().filter((one) => action(one) === action(form)).indexOf(form)}`;
  }

  function fieldsOf(form) {
    return [...form.elements].filter((field) => field.name && field.matches("input, textarea, select") && !field.readOnly
      && !["hidden", "password", "file", "submit", "button"].includes(field.type) && !SECRET.includes(field.autocomplete));
  }

  function isToggle(field) { return field.type === "checkbox" || field.type === "radio"; }

  function isDirty(field) {
    if (isToggle(field)) { return field.checked !== field.defaultChecked; }
    if (field.tagName !== "SELECT") { return field.value !== field.defaultValue; }
    const options = [...field.options];
    const chosen = options.some((option) => option.defaultSelected);
    return options.some((option, n) => option.selected !== (chosen || field.multiple ? option.defaultSelected : n === 0));
  }

  // What was refused stands in the form as if the server had written it.
  function wasRefused(form) { return form.querySelector(".is-invalid, .p-form-error, .errorlist, .p-both, [role=alert]:not([hidden])") !== null; }

  function hiddenOf(form, names) {
    return [...form.elements].filter((field) => field.type === "hidden"
      && (["seen", "seen_version"].includes(field.name) || names.some((name) => field.name === `seen_${name}`)));
  }

  // -- Keeping

  function keep(form, sent) {
    const mine = fieldsOf(form).filter((field) => wasRefused(form) || isDirty(field));
    if (!mine.length) { storage.drop(keyOf(form)); return; }
    const fields = mine.map((field) => ({
      name: field.name, type: field.type, option: isToggle(field) ? field.value : "", checked: field.checked,
      value: field.multiple ? [...field.selectedOptions].map((option) => option.value) : field.value,
    }));
    const hidden = hiddenOf(form, mine.map((field) => field.name)).map((field) => [field.name, field.value]);
    storage.write(keyOf(form), { person, sent, fields, hidden });
  }

  document.addEventListener("submit", (event) => {
    const form = event.target;
    if (event.defaultPrevented || !form.matches("form")) { return; }
    if (form.matches("form[action$='/logout/']")) { leaving = true; window.sessionStorage.clear(); return; }
    // A button that sends to another address (an undo beside "save") sends nothing that was typed.
    if (forms().includes(form) && !event.submitter?.hasAttribute("formaction")) { keep(form, true); settled.add(form); }
  });
  document.addEventListener("input", (event) => { if (event.target.form) { settled.delete(event.target.form); } });
  document.addEventListener("htmx:afterRequest", (event) => {
    const form = event.target.closest("form");
    // Where it is led to sign in, nothing was saved.
    if (!form || !event.detail.successful || event.detail.xhr.getResponseHeader("HX-Redirect")) { return; }
    settled.add(form);
    storage.drop(keyOf(form));
  });
  window.addEventListener("pagehide", () => {
    if (!leaving) { forms().filter((form) => !settled.has(form)).forEach((form) => keep(form, false)); }
  });

  // -- Showing again

  function fill(form, draft) {
    let changed = false;
    for (const each of draft.fields) {
      const field = fieldsOf(form).find((one) => one.name === each.name && one.type === each.type && (!isToggle(one) || one.value === each.option));
      if (!field) { continue; }
      if (isToggle(field)) { field.checked = each.checked; }
      else if (field.multiple) { for (const option of field.options) { option.selected = each.value.includes(option.value); } }
      else { field.value = each.value; }
      changed = changed || isDirty(field);
    }
    if (!changed) { return false; }
    const before = [];
    for (const [name, value] of draft.hidden) {
      const field = hiddenOf(form, draft.fields.map((one) => one.name)).find((one) => one.name === name);
      if (field) { before.push([field, field.value]); field.value = value; }
    }
    tell(form, () => before.forEach(([field, value]) => { field.value = value; }));
    form.closest("details")?.setAttribute("open", "");
    return true;
  }

  function tell(form, undo) {
    const note = document.createElement("p");
    note.className = "p-live-n";
    note.setAttribute("role", "status");
    note.textContent = `${texts.unsaved} `;
    const button = note.appendChild(document.createElement("button"));
    button.type = "button";
    button.className = "p-quiet";
    button.textContent = texts.forget;
    button.addEventListener("click", () => { form.reset(); undo(); note.remove(); storage.drop(keyOf(form)); form.querySelector("button[type=submit]")?.focus(); });
    form.append(note);
  }

  // What was sent last was not taken where the page says so, or wants a sign-in first.
  const inVain = !person || document.querySelector("[data-unsent]") !== null;
  for (const key of storage.keys()) {
    const draft = storage.read(key);
    if (!draft || (person && draft.person !== person) || (draft.sent && !inVain)) { storage.drop(key); }
    else if (draft.sent) { storage.write(key, { ...draft, sent: false }); }
  }
  for (const form of forms()) {
    const draft = storage.read(keyOf(form));
    if (draft && !wasRefused(form) && !fill(form, draft)) { storage.drop(keyOf(form)); }
  }
})();
