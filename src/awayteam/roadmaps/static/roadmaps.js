// Ranks by dragging a row, or by Alt with an arrow on a focused one. Without this file the buttons do the same.
(() => {
  "use strict";

  const form = document.getElementById("ranking");
  if (!form) return;
  const rows = () => [...form.querySelectorAll("tr[data-item]")];
  let dragged = null;

  const send = (row, rank) => {
    if (rank === Number(row.dataset.rank) || rank < 1 || rank > rows().length) return;
    const field = document.createElement("input");
    field.type = "hidden";
    field.name = "move";
    field.value = `${row.dataset.item}:${rank}`;
    form.append(field);
    form.requestSubmit(form.querySelector(".btn-primary"));
  };
  const clear = () => {
    for (const row of rows()) row.classList.remove("drop-before", "drop-after");
  };
  const below = (row, event) => {
    const box = row.getBoundingClientRect();
    return event.clientY > box.top + box.height / 2;
  };

  for (const row of rows()) row.draggable = true;
  form.addEventListener("dragstart", (event) => {
    dragged = event.target.closest("tr[data-item]");
    if (!dragged) return;
    dragged.classList.add("dragged");
    event.dataTransfer.effectAllowed = "move";
    event.dataTransfer.setData("text/plain", dragged.dataset.item);
  });
  form.addEventListener("dragover", (event) => {
    const row = event.target.closest("tr[data-item]");
    if (!dragged || !row) return;
    event.preventDefault();
    clear();
    row.classList.add(below(row, event) ? "drop-after" : "drop-before");
  });
  form.addEventListener("drop", (event) => {
    const row = event.target.closest("tr[data-item]");
    if (!dragged || !row) return;
    event.preventDefault();
    const from = Number(dragged.dataset.rank);
    const place = Number(row.dataset.rank) + (below(row, event) ? 1 : 0);
    send(dragged, place > from ? place - 1 : place);
  });
  form.addEventListener("dragend", () => {
    clear();
    if (dragged) dragged.classList.remove("dragged");
    dragged = null;
  });
  form.addEventListener("keydown", (event) => {
    const row = event.target.closest("tr[data-item]");
    if (!row || !event.altKey || !["ArrowUp", "ArrowDown"].includes(event.key)) return;
    event.preventDefault();
    send(row, Number(row.dataset.rank) + (event.key === "ArrowUp" ? -1 : 1));
  });
})();
