/* People to mention: after an @, a list of those who may be meant, for mouse and keyboard. Without it one types the name. */
(function () {
  "use strict";
  if (window.portalMentions) { return; }
  window.portalMentions = true;
  const PAUSE = 150; // milliseconds without a key before the portal is asked

  let open = null; // {field, list, options, at}: the list that is shown, and which option is chosen
  let taken = -1; // where the mention stands that was taken from the list: it is not offered again
  let nobody = ""; // what nobody is called; what goes on from it is nobody either
  let asked = 0;
  let timer = 0;

  // The @ before the cursor and what was typed since; null where nobody is meant. As comments/mentions.py finds them.
  function typedIn(field) {
    const before = field.value.slice(0, field.selectionStart);
    const found = before.match(/(?:^|[^A-Za-z0-9._%+-])[@＠]((?!\s)[^\n@＠]{0,40})$/);
    return found && { start: before.length - found[1].length - 1, words: found[1] };
  }

  function placeFor(field) {
    let place = field.parentElement.querySelector(".p-mentions");
    if (!place) {
      place = document.createElement("div");
      place.className = "p-mentions";
      place.innerHTML = '<p class="visually-hidden" role="status"></p><ul role="listbox" id="mentions" hidden></ul>';
      place.querySelector("ul").setAttribute("aria-label", field.form.dataset.peopleName);
      field.after(place);
      field.setAttribute("aria-autocomplete", "list");
      field.setAttribute("aria-controls", "mentions");
    }
    return place;
  }

  function close() {
    asked += 1;
    clearTimeout(timer);
    if (!open) { return; }
    open.list.hidden = true;
    open.field.removeAttribute("aria-activedescendant");
    open = null;
  }

  function choose(at) {
    open.at = (at + open.options.length) % open.options.length;
    open.options.forEach((option, number) => option.setAttribute("aria-selected", String(number === open.at)));
    open.field.setAttribute("aria-activedescendant", open.options[open.at].id);
    open.options[open.at].scrollIntoView({ block: "nearest" });
  }

  function take(option) {
    const field = open.field;
    const typed = typedIn(field);
    close();
    if (!typed) { return; }
    field.setRangeText(`${option.dataset.handle} `, typed.start, field.selectionStart, "end");
    taken = typed.start;
    field.focus();
  }

  async function ask(field, words) {
    const number = (asked += 1);
    const answer = await fetch(`${field.form.dataset.people}?q=${encodeURIComponent(words)}`, { headers: { "HX-Request": "true" } }).catch(() => null);
    const text = answer?.ok ? await answer.text() : "";
    if (number !== asked || document.activeElement !== field) { return; }
    const found = new DOMParser().parseFromString(`<ul>${text}</ul>`, "text/html");
    const options = [...found.querySelectorAll("[role=option]")];
    const place = placeFor(field);
    if (!options.length) {
      nobody = answer?.ok ? words : "";
      close();
      place.querySelector("[role=status]").textContent = "";
      return;
    }
    const list = place.querySelector("ul");
    list.replaceChildren(...options);
    list.hidden = false;
    // Above the field where the screen ends below it, so that nothing moves under the hands of who types.
    const { top, bottom } = field.getBoundingClientRect();
    const above = window.innerHeight - bottom < list.offsetHeight + 8 && top > list.offsetHeight + 8;
    list.style.inset = above ? `auto 0 ${field.offsetHeight + 4}px` : "";
    if (!above) { list.scrollIntoView({ block: "nearest" }); }
    place.querySelector("[role=status]").textContent = found.querySelector("p").textContent;
    open = { field, list, options, at: 0 };
    choose(0);
  }

  document.addEventListener("input", (event) => {
    const field = event.target;
    if (!field.matches?.("textarea[data-mentions]")) { return; }
    const typed = typedIn(field);
    if (typed && taken === typed.start) { close(); return; }
    taken = -1;
    if (!typed || (nobody && typed.words.startsWith(nobody))) { close(); return; }
    nobody = "";
    clearTimeout(timer);
    timer = setTimeout(() => ask(field, typed.words), PAUSE);
  });

  document.addEventListener("keydown", (event) => {
    if (!open || event.target !== open.field || event.isComposing) { return; }
    const act = {
      ArrowDown: () => choose(open.at + 1),
      ArrowUp: () => choose(open.at - 1),
      Enter: () => take(open.options[open.at]),
      Tab: () => take(open.options[open.at]),
      Escape: close,
    }[event.key];
    if (!act || event.shiftKey || event.ctrlKey || event.altKey || event.metaKey) { return; }
    event.preventDefault();
    event.stopPropagation();
    act();
  }, true);

  document.addEventListener("mousedown", (event) => {
    const option = open && event.target.closest?.("#mentions [role=option]");
    if (option) {
      event.preventDefault(); // the cursor stays where it is
      take(option);
    }
  });
  document.addEventListener("focusout", (event) => { if (open && event.target === open.field) { close(); } });
})();
