// The desk's few lines of script; every page works without them.
"use strict";

// A button with data-copy copies the text of the element it names, and says truly whether it did.
document.addEventListener("click", async (event) => {
  const button = event.target.closest("[data-copy]");
  if (!button) return;
  const source = document.getElementById(button.dataset.copy);
  const status = document.getElementById(button.dataset.status);
  try {
    await navigator.clipboard.writeText(source.value ?? source.textContent);
    if (status) status.textContent = button.dataset.done;
  } catch {
    getSelection().selectAllChildren(source);
    if (status) status.textContent = button.dataset.failed;
  }
});

// The menu closes when something else is pressed.
document.addEventListener("click", (event) => {
  const menu = document.querySelector("details.rest[open]");
  if (menu && !menu.contains(event.target)) menu.open = false;
});
document.addEventListener("keydown", (event) => {
  const menu = document.querySelector("details.rest[open]");
  if (menu && event.key === "Escape") {
    menu.open = false;
    menu.querySelector("summary").focus();
  }
});
