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

// What only works with this script is shown only with it.
for (const button of document.querySelectorAll("[data-copy][hidden]")) button.hidden = false;

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

// A form with data-live shows what it comes to while somebody types: the part of its answer that it names.
for (const form of document.querySelectorAll("form[data-live]")) {
  let waiting = 0, asked = 0;
  const show = async () => {
    const mine = ++asked;
    try {
      const answer = await fetch(form.action, { method: "POST", body: new URLSearchParams(new FormData(form)) });
      const page = new DOMParser().parseFromString(await answer.text(), "text/html");
      const found = page.getElementById(form.dataset.live);
      if (found && mine === asked) document.getElementById(form.dataset.live).replaceChildren(...found.childNodes);
    } catch {
      // Without an answer the button is still there.
    }
  };
  form.addEventListener("input", () => {
    clearTimeout(waiting);
    waiting = setTimeout(show, 300);
  });
}

// A choice of time zones with data-zone begins with the one of this machine.
for (const choice of document.querySelectorAll("select[data-zone]")) {
  const own = Intl.DateTimeFormat().resolvedOptions().timeZone;
  if ([...choice.options].some((one) => one.value === own)) choice.value = own;
}
