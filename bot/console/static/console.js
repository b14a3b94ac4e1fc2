/* What a page gains with JavaScript: it stays up to date without losing what is being typed.

   Every part of a page that may change carries data-live.  When the stream says "changed" (or comes
   back after a break), the same page is fetched again and its parts replace the old ones; a form
   marked data-quiet is sent the same way.  Without JavaScript everything works by plain forms. */
"use strict";

(() => {
  const body = document.body;
  const lost = document.querySelector(".connection");
  const transcript = () => document.querySelector(".transcript");
  let fingerprint = body.dataset.fingerprint || "";
  let fetching = null;
  let again = false;

  const atEnd = (box) => box.scrollHeight - box.scrollTop - box.clientHeight < 80;
  const toEnd = () => {
    const box = transcript();
    if (!box) return;
    // On a phone the page itself scrolls; there the reply box is brought into view.
    if (box.scrollHeight > box.clientHeight) box.scrollTop = box.scrollHeight;
    else document.querySelector(".composer")?.scrollIntoView({ block: "end" });
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
        const hadFocus = old.contains(document.activeElement) && document.activeElement.id;
        const position = old.scrollTop;
        old.replaceWith(fresh);
        fresh.scrollTop = position;
        if (hadFocus) document.getElementById(hadFocus)?.focus();
      }
    }
    if (page.body.dataset.fingerprint) {
      fingerprint = page.body.dataset.fingerprint;
      body.dataset.fingerprint = fingerprint;
    }
    if (stick) toEnd();
  }

  async function refresh() {
    if (fetching) {
      again = true;
      return;
    }
    fetching = fetch(location.href, { headers: { "X-Kakunin-Refresh": "1" }, cache: "no-store" });
    try {
      const answer = await fetching;
      if (answer.redirected || answer.status === 401 || answer.status === 404) location.reload();
      else if (answer.ok) swap(await answer.text(), false);
    } catch {
      lost.hidden = false;
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
      const answer = await fetch(form.action, { method: "POST", body: new URLSearchParams(new FormData(form)) });
      if (!answer.headers.get("Content-Type")?.startsWith("text/html") || !new URL(answer.url).pathname.includes("/conversations/")) {
        location.assign(answer.url);
        return;
      }
      swap(await answer.text(), true);
      toEnd();
      if ("clear" in form.dataset) document.getElementById("text")?.focus();
    } catch {
      lost.hidden = false;
    } finally {
      button.disabled = false;
    }
  });

  // Ctrl+Enter sends; c claims, r goes to the reply, b hands back. Never while typing Japanese.
  document.addEventListener("keydown", (event) => {
    if (event.isComposing) return;
    const typing = event.target.closest("input, textarea, select");
    if (typing) {
      if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) typing.form?.requestSubmit();
      return;
    }
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const target = document.querySelector(`[data-key-shortcut="${CSS.escape(event.key)}"]`);
    if (!target) return;
    event.preventDefault();
    target.focus();
    if (target.tagName === "BUTTON" && event.key === "c") target.form.requestSubmit();
  });

  if (body.dataset.stream) {
    const stream = new EventSource(body.dataset.stream);
    // The first event after every (re)connection carries the current fingerprint: nothing is missed.
    stream.addEventListener("changed", (event) => {
      lost.hidden = true;
      if (event.data !== fingerprint) refresh();
    });
    stream.addEventListener("signed_out", () => {
      stream.close();
      location.reload();
    });
    stream.addEventListener("error", () => {
      lost.hidden = false;
    });
    document.addEventListener("visibilitychange", () => {
      if (!document.hidden) refresh();
    });
  }
  toEnd();
})();
