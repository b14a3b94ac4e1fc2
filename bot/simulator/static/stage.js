/* What stands around the demo's phone: clock, people, troubles, and the look into the bot.
   The look is drawn by the server, as part of this page, with everything escaped. */
"use strict";

(() => {
  const words = document.body.dataset;
  const letter = document.getElementById("letter");
  const phone = document.getElementById("phone");
  const block = document.getElementById("block");
  const at = (id) => document.getElementById(id);
  const narrow = matchMedia("(max-width: 48rem)").matches;
  const say = (text) => document.dispatchEvent(new CustomEvent("demo-say", { detail: text }));

  /* Ask for something; the buttons of its group wait with it. */
  async function ask(path, wish, group) {
    const buttons = [...group.querySelectorAll("button:not([disabled])")];
    group.setAttribute("aria-busy", "true");
    buttons.forEach((button) => { button.disabled = true; });
    try {
      const answer = await fetch(`/demo/api/${path}`, {
        method: "POST",
        headers: { "Content-Type": "application/json" },
        body: JSON.stringify(wish),
      });
      const result = await answer.json();
      if (!result.ok) say(words[result.why] ?? words.failed);
      return result;
    } catch {
      say(words.failed);
      return { ok: false };
    } finally {
      group.removeAttribute("aria-busy");
      buttons.forEach((button) => { button.disabled = false; });
      if (shown) draw(shown);
    }
  }

  // -- the clock

  const jumps = document.querySelector(".jumps");
  for (const button of document.querySelectorAll("[data-jump]")) {
    button.addEventListener("click", () => ask("clock", { jump: button.dataset.jump }, jumps));
  }

  // -- the people

  const people = document.querySelector(".people");
  for (const button of document.querySelectorAll("[data-persona]")) {
    button.addEventListener("click", async () => {
      const wish = { persona: button.dataset.persona, platform: phone.dataset.look, anew: "anew" in button.dataset };
      const result = await ask("persona", wish, people);
      if (!result.ok) return;
      if (![...letter.options].some((option) => option.value === result.letter)) {
        const where = { letter: result.letter, platform: phone.dataset.look, locale: document.documentElement.lang };
        location.assign(`/demo/phone?${new URLSearchParams(where)}`);
        return;
      }
      letter.value = result.letter;
      at("large").checked = "large" in people.querySelector(`[data-person="${CSS.escape(result.letter)}"] .person`).dataset;
      at("large").dispatchEvent(new Event("change"));
      letter.dispatchEvent(new Event("change"));
      if (narrow) phone.scrollIntoView({ block: "start" });
    });
  }
  letter.addEventListener("change", () => {
    for (const person of people.querySelectorAll("[data-person]")) {
      const chosen = person.dataset.person === letter.value;
      person.classList.toggle("chosen", chosen);
      if (chosen) person.querySelector(".person").setAttribute("aria-current", "true");
      else person.querySelector(".person").removeAttribute("aria-current");
      person.querySelector("[data-anew]").hidden = !chosen;
    }
  });

  // -- the troubles

  const troubles = document.querySelector(".troubles");
  const switches = [...troubles.querySelectorAll("[data-switch]")];
  const isOn = (one) => one.getAttribute("aria-checked") === "true";
  for (const one of switches) {
    one.addEventListener("click", () => {
      // Whom the customer has blocked is the phone's own affair.
      if (one.dataset.switch === "blocked") block.click();
      else ask("trouble", { switch: one.dataset.switch, on: !isOn(one) }, troubles);
    });
  }

  function show(one, on) {
    one.setAttribute("aria-checked", String(on));
    one.querySelector(".tag").textContent = on ? words.on : words.off;
    const count = switches.filter(isOn).length;
    at("trouble-count").textContent = count ? `${words.on}: ${count}` : "";
  }

  document.addEventListener("demo-chat", ({ detail }) => {
    const one = switches.find((other) => other.dataset.switch === "blocked");
    one.disabled = !detail.friend && !detail.blocked;
    show(one, detail.blocked);
  });

  let shown = null;
  function draw(state) {
    shown = state;
    at("clock-now").textContent = state.now;
    at("clock-ahead").textContent = state.ahead;
    at("clock-hours").textContent = state.hours;
    at("clock-hours").classList.toggle("tag-warn", !state.is_open);
    at("phone-time").textContent = state.phone;
    if (!jumps.hasAttribute("aria-busy")) {
      jumps.querySelector("[data-jump=closed]").disabled = !state.is_open;
      jumps.querySelector("[data-jump=open]").disabled = state.is_open;
    }
    for (const one of switches) if (one.dataset.switch !== "blocked") show(one, state.on.includes(one.dataset.switch));
    at("redelivered").hidden = !state.redelivered;
    at("redelivered").textContent = state.redelivered;
  }
  document.addEventListener("demo-stage", ({ detail }) => draw(detail));

  // -- the look into the bot

  document.addEventListener("demo-inspector", ({ detail }) => {
    const fresh = new DOMParser().parseFromString(detail, "text/html");
    at("inspector").replaceChildren(...fresh.body.childNodes);
  });
  // On a phone the chat comes first: what lies below is opened by whoever wants it.
  if (narrow) for (const fold of document.querySelectorAll(".fold")) fold.open = false;
})();
