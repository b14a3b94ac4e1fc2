/* The demo's phone: draws the chat that the stand-in remembers and does what a finger would do.
   Everything shown is set as text; the chat comes over one stream and is drawn anew when it changes. */
"use strict";

(() => {
  const words = document.body.dataset;
  const phone = document.getElementById("phone");
  const chat = document.getElementById("chat");
  const quick = document.getElementById("quick");
  const welcome = document.getElementById("welcome");
  const typed = document.getElementById("text");
  const letter = document.getElementById("letter");
  const toast = document.getElementById("toast");
  const block = document.getElementById("block");
  const menu = document.getElementById("menu");
  const menuBar = document.getElementById("menu-bar");
  let menuDrawn = "";
  let platform = phone.dataset.look;
  let stream = null;
  let drawn = new Map();

  const make = (tag, className, text) => {
    const element = document.createElement(tag);
    if (className) element.className = className;
    if (text !== undefined) element.textContent = text;
    return element;
  };

  const tell = (name, detail) => document.dispatchEvent(new CustomEvent(`demo-${name}`, { detail }));

  let hide = 0;
  function say(text) {
    toast.textContent = text;
    toast.hidden = false;
    clearTimeout(hide);
    hide = setTimeout(() => { toast.hidden = true; }, 5000);
  }

  async function act(what, more = {}) {
    try {
      const answer = await fetch("/demo/api/act", {
        method: "POST",
        headers: { "Content-Type": "application/json" },
        body: JSON.stringify({ letter: letter.value, platform, do: what, ...more }),
      });
      const result = await answer.json();
      if (!result.ok) say(words[result.why] ?? words.failed);
    } catch {
      say(words.failed);
    }
  }

  function bubbleOf(bubble) {
    if (bubble.unsent) return make("p", "gone", words.unsent);
    const row = make("div", bubble.mine ? "bubble-row mine" : "bubble-row");
    const stack = make("div", "stackup");
    if (!bubble.mine) row.append(Object.assign(make("span", "avatar", document.querySelector(".avatar").textContent), { ariaHidden: "true" }));
    if (bubble.sender) stack.append(make("span", "sender", bubble.sender));
    if (["image", "photo"].includes(bubble.media)) {
      stack.append(Object.assign(make("img", "shot"), { src: "/demo/picture.jpg", alt: words.picture, width: 1280, height: 960 }));
    } else if (bubble.media) stack.append(make("div", bubble.media === "sticker" ? "sticker" : "say mine-say", bubble.media === "sticker" ? words.sticker : words.media));
    else if (bubble.text) stack.append(make("div", bubble.mine ? "say mine-say" : "say", bubble.text));
    if (bubble.rows.length) {
      const options = make("div", "options");
      let place = 0;
      for (const labels of bubble.rows) {
        const line = make("div", "option-row");
        for (const label of labels) {
          const choice = place++;
          const address = bubble.opens[choice];
          const button = make(address ? "a" : "button", "", label);
          if (address) {
            // On a phone the messenger's own browser opens over the chat; here it is another tab.
            Object.assign(button, { href: address, target: "_blank", rel: "noopener" });
          } else {
            button.type = "button";
            button.addEventListener("click", () => act("tap", { message: bubble.id, choice }));
          }
          const days = bubble.days[choice];
          line.append(days ? calendarOf(bubble, choice, label, days) : button);
        }
        options.append(line);
      }
      stack.append(options);
    }
    const meta = make("div", "about");
    if (bubble.mine && platform === "line") {
      const button = make("button", "unsend", words.unsend);
      button.type = "button";
      button.addEventListener("click", () => act("unsend", { message: bubble.id }));
      meta.append(button);
    }
    meta.append(make("time", "", bubble.edited ? `${words.edited} ${bubble.time}` : bubble.time));
    row.append(stack, meta);
    return row;
  }

  // LINE opens its own calendar; here the browser's does.
  function calendarOf(bubble, choice, label, [value, min, max]) {
    const form = make("form", "calendar");
    const day = make("input");
    Object.assign(day, { type: "date", value, min, max, required: true, ariaLabel: label });
    form.append(day, make("button", "", label));
    form.addEventListener("submit", (event) => {
      event.preventDefault();
      act("tap", { message: bubble.id, choice, day: day.value });
    });
    return form;
  }

  function draw(state) {
    welcome.hidden = state.friend || state.blocked;
    // Who has not added the account yet may have been written to by telephone number.
    const told = !welcome.hidden && state.bubbles.length > 0;
    chat.hidden = !welcome.hidden && !told;
    welcome.classList.toggle("below", told);
    block.dataset.do = state.blocked ? "unblock" : "block";
    block.textContent = state.blocked ? words.unblock : words.block;
    block.disabled = !state.friend && !state.blocked;
    typed.disabled = state.blocked || !welcome.hidden;
    const stick = chat.scrollHeight - chat.scrollTop - chat.clientHeight < 120;
    const fresh = new Map();
    state.bubbles.forEach((bubble, at) => {
      const look = JSON.stringify({ ...bubble, quick: null });
      const old = drawn.get(bubble.id);
      const element = old && old.look === look ? old.element : bubbleOf(bubble);
      if (old && old.element !== element) old.element.replaceWith(element);
      if (chat.children[at] !== element) chat.insertBefore(element, chat.children[at] || null);
      fresh.set(bubble.id, { look, element });
    });
    drawn.forEach((old, id) => { if (!fresh.has(id)) old.element.remove(); });
    const grew = fresh.size > drawn.size;
    drawn = fresh;
    drawQuick(state);
    drawMenu(state);
    tell("chat", state);
    if (stick || grew) chat.scrollTop = chat.scrollHeight;
  }

  function drawQuick(state) {
    quick.replaceChildren();
    if (state.share && !state.blocked) {
      const button = make("button", "", state.share);
      button.type = "button";
      button.addEventListener("click", () => act("contact"));
      quick.append(button);
    }
    const last = state.bubbles.filter((bubble) => !bubble.mine).at(-1);
    if (!last || state.blocked) return;
    const before = last.rows.flat().length;
    last.quick.forEach((label, at) => {
      const button = make("button", "", label);
      button.type = "button";
      button.addEventListener("click", () => act("tap", { message: last.id, choice: before + at }));
      quick.append(button);
    });
  }

  /* LINE: a picture with areas that can be tapped, open until one types.  Telegram: a list, closed until asked for. */
  function drawMenu(state) {
    const given = state.blocked || !welcome.hidden ? null : state.menu;
    menuBar.hidden = !given;
    const look = JSON.stringify([platform, given]);
    if (look === menuDrawn) return;
    if (menuDrawn === "") showMenu(platform === "line");
    menuDrawn = look;
    menu.replaceChildren();
    if (!given) { menu.hidden = true; return; }
    menu.hidden = menuBar.getAttribute("aria-expanded") !== "true";
    menuBar.firstElementChild.textContent = given.bar ?? words.menu;
    (given.areas ?? given.commands).forEach((entry, choice) => {
      const button = make("button", "", entry.description);
      button.type = "button";
      if (given.areas) {
        button.setAttribute("aria-label", entry.label);
        Object.assign(button.style, { left: `${entry.x}%`, top: `${entry.y}%`, width: `${entry.width}%`, height: `${entry.height}%` });
      } else {
        button.append(make("span", "slash", `/${entry.command}`));
      }
      button.addEventListener("click", () => {
        if (given.commands) showMenu(false);
        act("menu", { choice });
      });
      menu.append(button);
    });
    menu.className = given.areas ? "menu rich" : "menu";
    menu.style.aspectRatio = given.ratio ?? "";
    menu.style.backgroundImage = given.picture ? `url("${given.picture}")` : "";
  }

  function showMenu(wanted) {
    menuBar.setAttribute("aria-expanded", String(wanted));
    menu.hidden = !wanted || menuBar.hidden;
    chat.scrollTop = chat.scrollHeight;
  }

  menuBar.addEventListener("click", () => showMenu(menuBar.getAttribute("aria-expanded") !== "true"));
  // The keyboard comes up in the menu's place.
  typed.addEventListener("focus", () => showMenu(false));

  function open() {
    stream?.close();
    menuDrawn = "";
    menuBar.hidden = menu.hidden = true;
    drawn = new Map();
    chat.replaceChildren();
    quick.replaceChildren();
    phone.dataset.look = platform;
    for (const part of document.querySelectorAll("[data-letter]")) {
      part.hidden = part.dataset.letter !== letter.value;
      const code = part.querySelector("[data-qr]");
      if (code && !part.hidden) code.src = code.dataset[platform];
    }
    if (!letter.value) return;
    const where = new URLSearchParams({ letter: letter.value, platform, locale: document.documentElement.lang });
    stream = new EventSource(`/demo/api/live?${where}`);
    stream.addEventListener("chat", (event) => {
      toast.hidden = true;
      draw(JSON.parse(event.data));
    });
    stream.addEventListener("error", () => say(words.lost));
    // What stands around the phone is another script's.
    for (const name of ["stage", "inspector"]) {
      stream.addEventListener(name, (event) => tell(name, JSON.parse(event.data)));
    }
  }

  letter.addEventListener("change", open);
  for (const button of document.querySelectorAll("[data-platform]")) {
    button.addEventListener("click", () => {
      platform = button.dataset.platform;
      for (const other of document.querySelectorAll("[data-platform]")) {
        other.setAttribute("aria-pressed", String(other === button));
      }
      open();
    });
  }
  document.getElementById("type").addEventListener("submit", (event) => {
    event.preventDefault();
    const text = typed.value.trim();
    if (!text) return;
    typed.value = "";
    act("text", { text });
  });
  for (const button of document.querySelectorAll("[data-do]")) {
    button.addEventListener("click", async () => {
      const scan = button.dataset.do === "scan";
      await act(button.dataset.do);
      // The link of a letter opens LINE with the code already typed; sending it is the customer's deed.
      if (scan && platform === "line") {
        typed.disabled = false;
        typed.value = document.querySelector(`.role [data-letter="${CSS.escape(letter.value)}"] [data-put]`).dataset.put;
        typed.focus();
      }
    });
  }
  for (const button of document.querySelectorAll("[data-put]")) {
    button.addEventListener("click", () => {
      typed.value = button.dataset.put;
      typed.focus();
    });
  }
  for (const button of document.querySelectorAll("[data-say]")) {
    button.addEventListener("click", () => act("text", { text: button.dataset.say }));
  }
  const large = document.getElementById("large");
  const resize = () => {
    phone.classList.toggle("large", large.checked);
    chat.scrollTop = chat.scrollHeight;
  };
  large.addEventListener("change", resize);
  resize();
  document.addEventListener("demo-say", (event) => say(event.detail));
  const clock = () => {
    // The demo has a clock of its own.
    if (!document.getElementById("clock-now")) document.getElementById("phone-time").textContent = new Date().toLocaleTimeString("ja-JP", { hour: "2-digit", minute: "2-digit", timeZone: words.zone });
  };
  clock();
  setInterval(clock, 10000);
  open();
})();
