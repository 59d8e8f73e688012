/* Passkeys: lets the browser make or use one, and sends what it answers with the form. */
(function () {
  "use strict";
  const supported = Boolean(window.PublicKeyCredential && navigator.credentials);
  document.querySelectorAll("[data-passkeys]").forEach((part) => { part.hidden = !supported; });

  function bytes(text) {
    const plain = atob(text.replace(/-/g, "+").replace(/_/g, "/"));
    return Uint8Array.from(plain, (letter) => letter.charCodeAt(0));
  }
  function text(buffer) {
    const plain = String.fromCharCode(...new Uint8Array(buffer));
    return btoa(plain).replace(/\+/g, "-").replace(/\//g, "_").replace(/=+$/, "");
  }

  // The options come as JSON, with bytes as base64url; the browser wants bytes.
  function forBrowser(options) {
    const key = { ...options.publicKey, challenge: bytes(options.publicKey.challenge) };
    if (key.user) { key.user = { ...key.user, id: bytes(key.user.id) }; }
    for (const list of ["excludeCredentials", "allowCredentials"]) {
      if (key[list]) { key[list] = key[list].map((each) => ({ ...each, id: bytes(each.id) })); }
    }
    return { publicKey: key };
  }

  function forPortal(made) {
    const answer = { clientDataJSON: text(made.response.clientDataJSON) };
    for (const part of ["attestationObject", "authenticatorData", "signature", "userHandle"]) {
      if (made.response[part]) { answer[part] = text(made.response[part]); }
    }
    return {
      id: made.id,
      rawId: text(made.rawId),
      type: made.type,
      response: answer,
      clientExtensionResults: made.getClientExtensionResults(),
    };
  }

  async function optionsOf(form) {
    if (form.dataset.optionsAt) {
      return (await fetch(form.dataset.optionsAt, { headers: { Accept: "application/json" } })).json();
    }
    return JSON.parse(document.getElementById(form.dataset.options).textContent);
  }

  function tell(form, which) {
    form.querySelectorAll("[data-passkey-error]").forEach((line) => { line.hidden = line.dataset.passkeyError !== which; });
  }

  document.addEventListener("submit", async (event) => {
    const form = event.target;
    if (!form.matches("form[data-passkey]")) { return; }
    event.preventDefault();
    tell(form, "");
    if (!supported) { tell(form, "unable"); return; }
    const button = event.submitter;
    if (button) { button.disabled = true; }
    try {
      const made = await navigator.credentials[form.dataset.passkey](forBrowser(await optionsOf(form)));
      form.elements.credential.value = JSON.stringify(forPortal(made));
      form.submit();
    } catch (error) {
      tell(form, { InvalidStateError: "known", NotAllowedError: "given-up", AbortError: "given-up" }[error.name] || "unable");
      if (button) { button.disabled = false; }
    }
  });
})();
