"use strict";
// Filters, sorting and folding. Without it everything is shown: nothing is hidden that a script would have to bring back.
document.documentElement.classList.add("js");
addEventListener("DOMContentLoaded", () => {
  const all = (selector, root = document) => [...root.querySelectorAll(selector)];
  const say = (form, shown, total, noun) => {
    form.querySelector("output").textContent = shown === total ? `${total} ${noun}` : `${shown} of ${total} ${noun}`;
  };

  const matrix = document.querySelector('[data-filters="matrix"]');
  const rows = all("tr.row");
  const detail = (row) => row.nextElementSibling;
  const filterMatrix = () => {
    const { text, state, app } = matrix.elements;
    const words = text.value.trim().toLowerCase().split(/\s+/);
    let shown = 0;
    for (const group of all("#matrix .group")) {
      let here = 0;
      const apart = app && app.value && app.value !== group.dataset.app;
      for (const row of all("tr.row", group)) {
        const fits = !apart && words.every((word) => row.dataset.name.includes(word)) && (!state.value || row.dataset.state.split(" ").includes(state.value));
        row.hidden = !fits;
        detail(row).hidden = !fits;
        here += fits;
      }
      group.hidden = !here;
      shown += here;
    }
    say(matrix, shown, rows.length, "variables");
  };

  const findings = document.querySelector('[data-filters="findings"]');
  const cards = all("#findings > .group .card");
  const filterFindings = () => {
    const { text, severity, environment, app } = findings.elements;
    const words = text.value.trim().toLowerCase().split(/\s+/);
    const fits = (card) =>
      words.every((word) => card.dataset.text.includes(word)) &&
      [severity, environment, app].every((choice) => !choice || !choice.value || choice.value === card.dataset[choice.name]);
    for (const card of cards) card.hidden = !fits(card);
    for (const group of all("#findings > .group")) group.hidden = !all(".card", group).some((card) => !card.hidden);
    say(findings, cards.filter((card) => !card.hidden).length, cards.length, "findings");
  };

  for (const [form, filter] of [[matrix, filterMatrix], [findings, filterFindings]]) {
    if (!form) continue;
    form.addEventListener("input", filter);
    form.addEventListener("submit", (event) => event.preventDefault());
    form.addEventListener("keydown", (event) => {
      if (event.key === "Escape") { form.reset(); filter(); }
    });
    filter();
  }

  const sort = (head) => {
    const body = head.closest("table").tBodies[0];
    const column = Number(head.dataset.column);
    const down = head.getAttribute("aria-sort") === "ascending" ? -1 : 1;
    for (const other of all("[aria-sort]", head.parentElement)) other.removeAttribute("aria-sort");
    head.setAttribute("aria-sort", down > 0 ? "ascending" : "descending");
    const name = (row) => row.dataset.name;
    const rank = (row) => (column ? Number(row.cells[column].dataset.rank) : 0);
    const order = (a, b) => (rank(a) - rank(b)) * down || (name(a) < name(b) ? -1 : 1) * (column ? 1 : down);
    for (const row of all("tr.row", body).sort(order)) {
      const more = detail(row);
      body.append(row, more);
    }
  };
  const toggle = (button) => {
    const open = button.getAttribute("aria-expanded") !== "true";
    button.setAttribute("aria-expanded", String(open));
    detail(button.closest("tr")).classList.toggle("open", open);
  };
  addEventListener("click", (event) => {
    const button = event.target.closest("button");
    if (!button) return;
    if (button.classList.contains("name")) toggle(button);
    else if (button.parentElement.dataset.column) sort(button.parentElement);
  });
  addEventListener("keydown", (event) => {
    const typing = event.target.closest("input, select, textarea");
    if (event.key === "/" && !typing && !event.ctrlKey && !event.metaKey && !event.altKey && (matrix || findings)) {
      event.preventDefault();
      (matrix || findings).elements.text.focus();
    }
  });

  const fit = () => {
    for (const box of all(".wide")) {
      box.classList.remove("fits");
      box.classList.toggle("fits", box.firstElementChild.scrollWidth <= box.clientWidth);
    }
  };
  addEventListener("resize", fit);
  fit();

  // A link to a finding that a filter hides shows it again.
  const reveal = () => {
    const target = location.hash.length > 1 && document.getElementById(location.hash.slice(1));
    if (!target) return;
    const fold = target.closest("details");
    if (fold) fold.open = true;
    if (target.hidden && findings) { findings.reset(); filterFindings(); target.scrollIntoView(); }
  };
  addEventListener("hashchange", reveal);
  reveal();

  let opened = [];
  addEventListener("beforeprint", () => {
    opened = all("details.fold:not([open])");
    for (const fold of opened) fold.open = true;
  });
  addEventListener("afterprint", () => { for (const fold of opened) fold.open = false; });
});
