// Progressive enhancement only: every page works without this file.
(() => {
  "use strict";

  const $ = (selector, from = document) => from.querySelector(selector);
  const $$ = (selector, from = document) => [...from.querySelectorAll(selector)];
  const say = (text) => {
    $("#say").textContent = text;
    window.setTimeout(() => { $("#say").textContent = ""; }, 4000);
  };

  // Times: the reader's zone, and "5 min ago" that stays true.
  const zone = new Intl.DateTimeFormat(undefined, { dateStyle: "medium", timeStyle: "short" });
  const pad = (number) => String(number).padStart(2, "0");
  const day = (at) => `${at.getFullYear()}-${pad(at.getMonth() + 1)}-${pad(at.getDate())}`;
  const counted = (count, word) => `${count} ${count === 1 && word.length > 1 ? word.replace(/s$/, "") : word}`;
  const distance = (seconds) => {
    for (const [limit, unit, word] of [[60, 1, "s"], [3600, 60, "min"], [172800, 3600, "h"], [5184000, 86400, "days"], [63072000, 2630016, "months"]]) {
      if (seconds < limit) return counted(Math.floor(seconds / unit), word);
    }
    return counted(Math.floor(seconds / 31557600), "years");
  };
  const relative = (at) => {
    const seconds = (Date.now() - at.getTime()) / 1000;
    if (Math.abs(seconds) < 45) return seconds >= 0 ? "just now" : "in a moment";
    return seconds > 0 ? `${distance(seconds)} ago` : `in ${distance(-seconds)}`;
  };
  const drawTimes = (from = document) => {
    for (const element of $$("time[data-time]", from)) {
      const at = new Date(element.dateTime);
      if (Number.isNaN(at.getTime())) continue;
      if (element.dataset.time === "relative") {
        element.textContent = relative(at);
        element.title = zone.format(at);
      } else {
        element.textContent = element.dataset.time === "day" ? day(at) : `${day(at)} ${pad(at.getHours())}:${pad(at.getMinutes())}`;
        element.title = `${zone.format(at)}, ${relative(at)}`;
      }
    }
  };

  // Menus and confirmations are <details>: close them by Escape, and by a click elsewhere.
  const boxes = "details.menu[open], details.confirm[open]";
  document.addEventListener("click", (event) => {
    for (const box of $$(boxes)) if (!box.contains(event.target)) box.open = false;
  });
  document.addEventListener("keydown", (event) => {
    if (event.key !== "Escape") return;
    for (const box of $$(boxes)) {
      box.open = false;
      $("summary", box).focus();
    }
  });

  // Choices (theme, rail, density) without leaving the page.
  const keep = (form, name, value) => {
    const body = new FormData(form);
    body.set(name, value);
    return fetch(form.action, { method: "POST", body, redirect: "manual" });
  };
  const setTheme = (value) => {
    document.documentElement.dataset.theme = value;
    window.awayteamSettleTheme();
    const form = $("form[data-choose=theme]");
    for (const button of $$("button", form)) button.toggleAttribute("aria-pressed", false);
    $(`button[value=${value}]`, form).setAttribute("aria-pressed", "true");
    keep(form, "theme", value);
    document.dispatchEvent(new CustomEvent("awayteam:theme"));
  };
  document.addEventListener("submit", (event) => {
    const form = event.target;
    const button = event.submitter;
    if (form.dataset.choose === "theme" && button) {
      event.preventDefault();
      setTheme(button.value);
      form.closest("details").open = false;
    }
  });

  // The palette: server results above, actions below, arrows go through both.
  const palette = $("#palette");
  const items = () => $$("a, .palette-list button", palette).filter((item) => !item.hidden && item.closest(".palette-list"));
  const mark = (next) => {
    for (const item of items()) item.classList.toggle("marked", item === next);
    if (next) next.scrollIntoView({ block: "nearest" });
  };
  const narrow = () => {
    const words = $("input", palette).value.trim().toLowerCase();
    const actions = $("[data-actions]", palette);
    let any = false;
    for (const item of $$("a, button", actions)) {
      item.hidden = words !== "" && !item.textContent.toLowerCase().includes(words);
      any = any || !item.hidden;
    }
    $("h2", actions).hidden = !any;
    if (words === "") $("#palette-hits").replaceChildren();
    mark(items()[0]);
  };
  const openPalette = () => {
    if (!palette || palette.open) return;
    palette.showModal();
    $("input", palette).select();
    narrow();
  };
  if (palette) {
    $("input", palette).addEventListener("input", narrow);
    palette.addEventListener("keydown", (event) => {
      const all = items();
      const at = all.findIndex((item) => item.classList.contains("marked"));
      if (event.key === "ArrowDown" || event.key === "ArrowUp") {
        event.preventDefault();
        const step = event.key === "ArrowDown" ? 1 : -1;
        mark(all[(at + step + all.length) % all.length]);
      } else if (event.key === "Enter" && at >= 0 && event.target.matches("input")) {
        event.preventDefault();
        all[at].click();
      }
    });
    document.body.addEventListener("htmx:afterSwap", (event) => {
      if (event.target.id === "palette-hits") mark(items()[0]);
    });
  }
  for (const dialog of $$("dialog")) {
    dialog.addEventListener("click", (event) => { if (event.target === dialog) dialog.close(); });
  }

  const actions = {
    copyLink: () => navigator.clipboard.writeText(window.location.href).then(() => say("The link is copied.")),
    setTheme: (element) => setTheme(element.dataset.setTheme),
    close: (element) => element.closest("dialog").close(),
    copy: (element) => navigator.clipboard.writeText($(element.dataset.copy).textContent).then(() => say("Copied.")),
  };
  document.addEventListener("click", (event) => {
    const opener = event.target.closest("[data-open]");
    if (opener) {
      event.preventDefault();
      if (opener.dataset.open === "palette") openPalette();
      else $(`#${opener.dataset.open}`).showModal();
      return;
    }
    const element = event.target.closest("[data-copy-link], [data-set-theme], [data-close], [data-copy]");
    if (!element) return;
    if ("copyLink" in element.dataset) actions.copyLink();
    else if ("setTheme" in element.dataset) actions.setTheme(element);
    else if ("copy" in element.dataset) actions.copy(element);
    else actions.close(element);
    if (palette && palette.contains(element)) palette.close();
  });

  // Keys: Ctrl-K, /, ?, g and a letter, j and k.
  let waitingForG = 0;
  const rows = () => $$("main [data-row]");
  const step = (by) => {
    const all = rows();
    if (!all.length) return;
    const at = all.indexOf(document.activeElement);
    all[Math.min(Math.max(at + by, 0), all.length - 1)].focus();
  };
  // A row's own button answers while the row has the focus; keys of the page answer everywhere.
  const keyed = (key) => {
    const asked = `[data-key="${CSS.escape(key)}"]`;
    const row = document.activeElement?.closest("main li, main tr");
    return row?.querySelector(asked) ?? $$(asked).find((control) => !control.closest("main li, main tr"));
  };
  const plain = {
    "/": () => $("#top-search")?.focus(),
    "?": () => $("#keys")?.showModal(),
    "g": () => { waitingForG = Date.now(); },
    "j": () => step(1),
    "k": () => step(-1),
    "x": () => document.activeElement?.closest("tr")?.querySelector(".pick input")?.click(),
  };
  document.addEventListener("keydown", (event) => {
    if ((event.ctrlKey || event.metaKey) && !event.shiftKey && !event.altKey && event.key.toLowerCase() === "k") {
      event.preventDefault();
      openPalette();
      return;
    }
    if (event.ctrlKey || event.metaKey || event.altKey || event.isComposing) return;
    if (event.target.closest("input, textarea, select, [contenteditable], dialog[open]")) return;
    if (Date.now() - waitingForG < 1500) {
      waitingForG = 0;
      const link = $(`.rail [data-keys="${CSS.escape(event.key)}"]`);
      if (link) {
        event.preventDefault();
        link.click();
      }
      return;
    }
    const control = keyed(event.key);
    if (control) {
      event.preventDefault();
      control.click();
      return;
    }
    const action = plain[event.key];
    if (action) {
      event.preventDefault();
      action();
    }
  });

  // Forms that send themselves when a choice changes (facets, sorting); their button is for those without JavaScript.
  document.addEventListener("change", (event) => {
    const form = event.target.closest("form[data-auto]");
    if (form) form.requestSubmit();
  });

  // Rows that can be changed together: all at once, a run of them with shift, and how many are ticked.
  const picks = () => $$(".pick input[name=ids]");
  const pickAll = $("[data-pick-all]");
  const countPicked = () => {
    const all = picks(), ticked = all.filter((pick) => pick.checked).length, bar = $("[data-picked]");
    const matching = $("[data-pick-matching]");
    if (bar) bar.textContent = matching?.checked ? matching.parentElement.textContent.trim() : `${ticked} ticked`;
    pickAll.checked = ticked > 0 && ticked === all.length;
    pickAll.indeterminate = ticked > 0 && ticked < all.length;
  };
  if (pickAll) {
    let last = null;
    pickAll.hidden = false;
    pickAll.addEventListener("change", () => { for (const pick of picks()) pick.checked = pickAll.checked; countPicked(); });
    document.addEventListener("click", (event) => {
      if (!event.target.matches?.(".pick input[name=ids]")) return;
      const all = picks(), at = all.indexOf(event.target), from = last ? all.indexOf(last) : -1;
      if (event.shiftKey && from >= 0) for (const pick of all.slice(Math.min(at, from), Math.max(at, from) + 1)) pick.checked = event.target.checked;
      last = event.target;
      countPicked();
    });
    $("[data-pick-matching]")?.addEventListener("change", countPicked);
    countPicked();
  }

  // Facets stand open where there is room, and without JavaScript.
  if (window.matchMedia("(max-width: 820px)").matches) for (const box of $$("details[data-wide-open]")) box.open = false;

  drawTimes();
  window.setInterval(drawTimes, 30000);
  document.addEventListener("htmx:afterSwap", (event) => drawTimes(event.target));
})();
