/* Entering a form by keyboard: Enter goes to the next field, and each field is read as soon as it is left.

   What was typed is sent as the form's own "save"; the answer is the lines of the form with how each text was read,
   which take their places beside the fields.  A field itself is never touched.  Without this script "save" does it. */
"use strict";

(() => {
  const page = document.querySelector("form.entry");
  if (page && !("entry" in page.dataset)) {
    // Where two entries are compared only the key that submits is needed.
    document.addEventListener("keydown", (event) => {
      if (!event.isComposing && event.key === "Enter" && (event.ctrlKey || event.metaKey)) page.requestSubmit();
    });
  }
  const form = document.querySelector("[data-entry]");
  if (!form) return;
  const lines = form.querySelector("[data-lines]");
  const left = form.querySelector("[data-left]:not([data-lines])");
  const stale = document.querySelector("[data-stale]");
  const known = new Map();
  const fields = () => [...lines.querySelectorAll("[data-field]")].filter((field) => field.checkVisibility());
  const remember = () => lines.querySelectorAll("[data-field]").forEach((field) => known.set(field.name, field.value));

  // What stands beside the fields is taken over; lines that are new come in, those that are gone fold away.
  function merge(fresh) {
    const mine = new Map([...lines.children].map((line) => [line.dataset.key, line]));
    let before = null;
    for (const line of [...fresh.children]) {
      const old = mine.get(line.dataset.key);
      mine.delete(line.dataset.key);
      if (!old) {
        known.set(line.querySelector("[data-field]").name, line.querySelector("[data-field]").value);
        line.querySelector("[data-field]").autofocus = false;
        if (before) before.after(line);
        else lines.prepend(line);
        before = line;
        continue;
      }
      old.hidden = false;
      old.className = line.className;
      for (const part of ["[data-status]", "[data-choices]"]) {
        old.querySelector(part).innerHTML = line.querySelector(part).innerHTML;
      }
      const field = old.querySelector("[data-field]");
      if (line.classList.contains("is-problem")) field.setAttribute("aria-invalid", "true");
      else field.removeAttribute("aria-invalid");
      before = old;
    }
    mine.forEach((line) => {
      line.hidden = true;
    });
    form.elements.version.value = fresh.dataset.version;
    left.textContent = fresh.dataset.left;
  }

  let under = null;
  let again = false;
  let refused = false;
  async function send() {
    const body = new URLSearchParams(new FormData(form));
    remember();
    const answer = await fetch(form.dataset.entry, { method: "POST", body, headers: { "X-Kakunin-Refresh": "1" } });
    if (answer.status === 401) location.reload();
    else if (answer.status === 409) {
      refused = true;
      stale.hidden = false;
    } else if (answer.ok) {
      const fresh = new DOMParser().parseFromString(await answer.text(), "text/html").querySelector("[data-lines]");
      if (fresh) merge(fresh);
    }
  }
  // One request at a time, so that each is sent over the version of the one before.
  async function read() {
    if (refused) return;
    if (under) {
      again = true;
      await under;
      return;
    }
    under = (async () => {
      try {
        do {
          again = false;
          await send();
        } while (again && !refused);
      } catch {
        // Not reached: what was typed stands in the fields, and is sent with the next one.
        known.clear();
      }
    })();
    await under;
    under = null;
  }

  const isNew = (field) => known.get(field.name) !== field.value;
  form.addEventListener("focusout", (event) => {
    if (event.target.matches("[data-field]") && isNew(event.target)) read();
  });

  async function go(field, step) {
    if (isNew(field)) {
      const reading = read();
      // What is asked next may depend on it.
      if ("moves" in field.dataset) await reading;
    }
    const all = fields();
    const to = all[all.indexOf(field) + step];
    if (to) {
      to.focus();
      to.select();
    } else if (step > 0) form.querySelector("[data-finish]").focus();
  }

  document.addEventListener("keydown", (event) => {
    if (event.isComposing) return;
    const wide = event.ctrlKey || event.metaKey;
    if (wide && (event.key === "s" || event.key === "Enter")) {
      event.preventDefault();
      submit(form.querySelector(event.key === "s" ? "[data-save]" : "[data-finish]"));
      return;
    }
    if (wide || event.altKey || !event.target.matches("[data-field]")) return;
    const step = { Enter: event.shiftKey ? -1 : 1, ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (!step) return;
    event.preventDefault();
    go(event.target, step);
  });

  // A request under way has the version that this one needs.
  async function submit(button) {
    await under;
    form.requestSubmit(button);
  }
  form.addEventListener("submit", (event) => {
    if (!under) return;
    event.preventDefault();
    submit(event.submitter);
  });

  remember();
})();
