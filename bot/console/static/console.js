/* What a page gains with JavaScript: it stays up to date without losing what is being typed.

   Every part of a page that may change carries data-live.  When the stream says "changed" (or comes
   back after a break, or the window is looked at again), the same page is fetched again and its parts
   replace the old ones; a form marked data-quiet is sent the same way.  Without JavaScript everything
   works by plain forms. */
"use strict";

(() => {
  const body = document.body;
  const lost = document.querySelector(".connection");
  const transcript = () => document.querySelector(".transcript");
  let fingerprint = body.dataset.fingerprint || "";
  let fetching = null;
  let again = false;
  let missed = false;

  const atEnd = (box) => box.scrollHeight - box.scrollTop - box.clientHeight < 80;
  const toEnd = () => {
    const box = transcript();
    if (!box) return;
    // On a phone the page itself scrolls; there the reply box is brought into view.
    if (box.scrollHeight > box.clientHeight) box.scrollTop = box.scrollHeight;
    else document.querySelector(".composer")?.scrollIntoView({ block: "end" });
  };
  const showLost = (is) => {
    if (lost) lost.hidden = !is;
  };

  // Lines of the transcript are matched by key, so that a screen reader hears only what is new.
  function mergeKeyed(old, fresh) {
    const known = new Map([...old.children].map((child) => [child.dataset.key, child]));
    let place = old.firstElementChild;
    for (const child of [...fresh.children]) {
      let mine = known.get(child.dataset.key);
      known.delete(child.dataset.key);
      if (!mine) {
        child.classList.add("is-new");
        old.insertBefore(child, place);
        continue;
      }
      mine.classList.remove("is-new");
      if (mine.innerHTML !== child.innerHTML || mine.className !== child.className) {
        if (place === mine) place = mine.nextElementSibling;
        mine.replaceWith(child);
        mine = child;
      }
      if (place === mine) place = mine.nextElementSibling;
      else old.insertBefore(mine, place);
    }
    known.forEach((child) => child.remove());
  }

  // What somebody has begun to write is carried over into the new part, if it still has such a field.
  function keepDrafts(old, fresh) {
    for (const draft of old.querySelectorAll("textarea, input[type=text]")) {
      const field = draft.id && fresh.querySelector(`#${CSS.escape(draft.id)}`);
      if (field && draft.value && !field.value) field.value = draft.value;
    }
  }

  // Where the focus was: by id, or in a list by the key of its row.
  function placeOf(element) {
    if (element.id) return () => document.getElementById(element.id);
    const row = element.closest("[data-key]")?.dataset.key;
    return () => row && document.querySelector(`[data-key="${CSS.escape(row)}"] [data-row]`);
  }

  function swap(text, clear) {
    const page = new DOMParser().parseFromString(text, "text/html");
    const box = transcript();
    const stick = box && atEnd(box);
    for (const fresh of page.querySelectorAll("[data-live]")) {
      const old = document.querySelector(`[data-live="${CSS.escape(fresh.dataset.live)}"]`);
      if (!old || old.outerHTML === fresh.outerHTML) continue;
      const sameState = old.dataset.state === fresh.dataset.state;
      const draft = old.querySelector("textarea");
      if ("keyed" in fresh.dataset) mergeKeyed(old, fresh);
      else if (draft && sameState && !clear) continue;
      else {
        const focused = old.contains(document.activeElement) && placeOf(document.activeElement);
        const position = old.scrollTop;
        if (!clear) keepDrafts(old, fresh);
        old.replaceWith(fresh);
        fresh.scrollTop = position;
        if (focused) focused()?.focus();
      }
    }
    if (page.body.dataset.fingerprint) {
      fingerprint = page.body.dataset.fingerprint;
      body.dataset.fingerprint = fingerprint;
    }
    if (stick) toEnd();
    ring();
  }

  async function refresh() {
    // A conversation that nobody looks at is not fetched: it would count as seen.
    if (document.hidden && !("inbox" in body.dataset)) {
      missed = true;
      return;
    }
    if (fetching) {
      again = true;
      return;
    }
    missed = false;
    fetching = fetch(location.href, { headers: { "X-Kakunin-Refresh": "1" }, cache: "no-store" });
    try {
      const answer = await fetching;
      if (answer.redirected || answer.status === 401 || answer.status === 404) location.reload();
      else if (answer.ok) swap(await answer.text(), false);
    } catch {
      showLost(true);
    } finally {
      fetching = null;
      if (again) {
        again = false;
        refresh();
      }
    }
  }

  document.addEventListener("submit", async (event) => {
    const form = event.target;
    if (!("quiet" in form.dataset)) return;
    event.preventDefault();
    const button = event.submitter || form.querySelector("button");
    if (button.disabled) return;
    button.disabled = true;
    try {
      const where = button.getAttribute("formaction") || form.action;
      const answer = await fetch(where, { method: "POST", body: new URLSearchParams(new FormData(form)) });
      if (!answer.headers.get("Content-Type")?.startsWith("text/html") || !new URL(answer.url).pathname.includes("/conversations/")) {
        location.assign(answer.url);
        return;
      }
      swap(await answer.text(), true);
      toEnd();
      if ("clear" in form.dataset) document.getElementById("text")?.focus();
    } catch {
      showLost(true);
    } finally {
      button.disabled = false;
    }
  });

  // ---- keys: never while typing Japanese, and in a field only what sends it ----

  const rows = () => [...document.querySelectorAll("[data-row]")].filter((row) => row.checkVisibility());
  function moveTo(step) {
    const all = rows();
    if (!all.length) return;
    let at = all.indexOf(document.activeElement);
    if (at < 0) at = all.findIndex((row) => row.hasAttribute("aria-current"));
    if (at < 0) at = step > 0 ? -1 : all.length;
    all[Math.min(Math.max(at + step, 0), all.length - 1)].focus();
  }
  const keys = document.getElementById("keys");

  // A difference under review: its keys are its own deeds, on the card that has the focus, else on the first.
  function onCard(event) {
    const card = document.activeElement.closest("[data-card]") || document.querySelector("[data-card]:has(form)");
    if (!card) return false;
    const field = event.key === "n" && card.querySelector("[data-card-note]");
    const button = card.querySelector(`[data-card-key="${CSS.escape(event.key)}"]`);
    if (!field && !button) return false;
    event.preventDefault();
    if (field) field.focus();
    else button.click();
    return true;
  }

  document.addEventListener("keydown", (event) => {
    if (event.isComposing) return;
    const typing = event.target.closest("input, textarea, select");
    if (typing) {
      const sends = event.key === "Enter" && (event.ctrlKey || event.metaKey);
      // Where a form has several deeds, none of them is the one that a key may mean.
      if (sends && typing.form && !("deeds" in typing.form.dataset)) typing.form.requestSubmit();
      if (event.key === "Escape") typing.closest("[data-card]")?.focus();
      return;
    }
    if (event.ctrlKey || event.metaKey || event.altKey || keys?.open) return;
    if (event.key === "?" && keys) return keys.showModal();
    if (event.key === "j" || event.key === "k") return moveTo(event.key === "j" ? 1 : -1);
    if (onCard(event)) return;
    const target = document.querySelector(`[data-key-shortcut="${CSS.escape(event.key)}"]`);
    if (!target) return;
    event.preventDefault();
    if (target.tagName === "SUMMARY") {
      target.parentElement.open = true;
      target.parentElement.querySelector("textarea")?.focus();
      return;
    }
    if ("follow" in target.dataset) return target.click();
    target.focus();
    if (target.tagName === "BUTTON" && event.key === "c") target.form.requestSubmit();
  });

  for (const opener of document.querySelectorAll("[data-opens]")) {
    opener.hidden = false;
    opener.addEventListener("click", () => document.getElementById(opener.dataset.opens).showModal());
  }
  const print = document.querySelector("[data-print]");
  if (print) {
    print.hidden = false;
    print.addEventListener("click", () => window.print());
  }

  // ---- colleagues see that somebody is writing ----

  let told = 0;
  document.addEventListener("input", (event) => {
    const box = event.target;
    if (!box.dataset?.typing || Date.now() - told < 3000) return;
    told = Date.now();
    const token = new URLSearchParams({ csrf: box.form.elements.csrf.value });
    fetch(box.dataset.typing, { method: "POST", body: token }).catch(() => {});
  });

  // ---- a sound when more people wait than before; off until somebody wants it, on this machine ----

  const sound = document.querySelector("[data-sound]");
  const waiting = () => Number(document.querySelector("[data-waiting]")?.dataset.waiting || 0);
  let waited = waiting();
  const wanted = () => localStorage.getItem("kakunin_sound") === "on";
  function showSound() {
    sound.textContent = wanted() ? sound.dataset.on : sound.dataset.off;
    sound.setAttribute("aria-pressed", String(wanted()));
  }
  function play() {
    const context = new AudioContext();
    const gain = context.createGain();
    gain.gain.setValueAtTime(0.08, context.currentTime);
    gain.gain.exponentialRampToValueAtTime(0.001, context.currentTime + 0.5);
    const tone = context.createOscillator();
    tone.frequency.value = 660;
    tone.connect(gain).connect(context.destination);
    tone.start();
    tone.stop(context.currentTime + 0.5);
    tone.addEventListener("ended", () => context.close());
  }
  function ring() {
    const now = waiting();
    if (sound && now > waited && wanted()) play();
    waited = now;
  }
  if (sound) {
    sound.hidden = false;
    showSound();
    sound.addEventListener("click", () => {
      localStorage.setItem("kakunin_sound", wanted() ? "off" : "on");
      showSound();
      if (wanted()) play();
    });
  }

  // ---- the stream ----

  let stream = null;
  function listen() {
    stream?.close();
    stream = new EventSource(body.dataset.stream);
    // The first event after every (re)connection carries the current fingerprint: nothing is missed.
    stream.addEventListener("changed", (event) => {
      showLost(false);
      if (event.data !== fingerprint) refresh();
    });
    stream.addEventListener("signed_out", () => {
      stream.close();
      location.reload();
    });
    stream.addEventListener("error", () => showLost(true));
  }
  if (body.dataset.stream) {
    listen();
    // A stream that outlived its network may be silent for ever.
    window.addEventListener("offline", () => showLost(true));
    window.addEventListener("online", listen);
    // Looked at again: whatever was missed is fetched.
    document.addEventListener("visibilitychange", () => {
      if (!document.hidden) refresh();
    });
    window.addEventListener("focus", () => {
      if (missed || stream.readyState !== EventSource.OPEN) refresh();
    });
  }
  toEnd();
})();
