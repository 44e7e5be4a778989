"use strict";
(() => {
  const form = document.querySelector(".filters");
  const rows = [...document.querySelectorAll("tr.check")];
  const groups = [...document.querySelectorAll(".matrix tbody")];
  const findings = [...document.querySelectorAll(".finding")];
  const columns = [...document.querySelectorAll(".matrix [data-target], .card")];
  const shown = document.getElementById("shown");
  const nothing = document.getElementById("nothing");
  const names = ["text", "verdict", "level", "profile", "target"];
  const proven = ["pass", "skipped", "none"];
  const letters = new Map(rows.map((row) => [row, row.querySelector("th").textContent.toLowerCase()]));

  const state = () => new URLSearchParams(location.hash.slice(1));

  // Whether a row is to be seen, by the cells of the servers that are.
  const wanted = (row, filter, cells) => {
    const verdicts = cells.map((cell) => cell.dataset.verdict);
    const profile = row.parentElement.dataset.profile;
    if (!filter.text.toLowerCase().split(/\s+/).every((word) => letters.get(row).includes(word))) return false;
    if (filter.level && row.dataset.level !== filter.level) return false;
    if (filter.profile && profile !== filter.profile) return false;
    if (filter.verdict === "differs") return new Set(verdicts.filter((verdict) => verdict !== "none")).size > 1;
    return verdicts.some((verdict) => matches(verdict, filter.verdict));
  };

  const matches = (verdict, wish) =>
    !wish || (wish === "bad" ? !proven.includes(verdict) : verdict === wish);

  const apply = () => {
    const parameters = state();
    const filter = {};
    for (const name of names) {
      filter[name] = parameters.get(name) ?? "";
      const field = form.elements[name];
      if (field.value !== filter[name]) field.value = filter[name];
    }
    const isSeen = (element) => !filter.target || element.dataset.target === filter.target;
    for (const column of columns) column.hidden = !isSeen(column);
    const seen = new Set();
    for (const row of rows) {
      const cells = [...row.querySelectorAll("td[data-verdict]")].filter(isSeen);
      row.hidden = !wanted(row, filter, cells);
      if (!row.hidden) seen.add(row.dataset.id);
    }
    for (const group of groups) group.hidden = !group.querySelector("tr.check:not([hidden])");
    const wish = filter.verdict === "differs" ? "" : filter.verdict;
    for (const finding of findings) {
      const { id, verdict } = finding.dataset;
      finding.hidden = !(seen.has(id) && isSeen(finding) && matches(verdict, wish));
    }
    shown.value = `${seen.size} of ${rows.length} checks`;
    nothing.hidden = seen.size > 0;
    form.dataset.applied = "true";
  };

  const open = () => {
    const name = state().get("show");
    const finding = name && document.getElementById(`show=${name}`);
    if (!finding || finding.hidden) return;
    finding.open = true;
    finding.scrollIntoView({ block: "start" });
    finding.querySelector("summary").focus({ preventScroll: true });
  };

  const fragment = (change) => {
    const parameters = state();
    change(parameters);
    return `#${parameters}`;
  };

  form.addEventListener("input", () => {
    const next = fragment((parameters) => {
      parameters.delete("show");
      for (const name of names) {
        const value = form.elements[name].value;
        if (value) parameters.set(name, value);
        else parameters.delete(name);
      }
    });
    history.replaceState(null, "", next);
    apply();
  });
  form.addEventListener("submit", (event) => event.preventDefault());
  form.addEventListener("reset", (event) => {
    event.preventDefault();
    history.replaceState(null, "", "#");
    apply();
    form.elements.text.focus();
  });

  document.addEventListener("click", (event) => {
    const link = event.target.closest?.('a[href^="#show="]');
    if (!link) return;
    event.preventDefault();
    const name = link.getAttribute("href").slice("#show=".length);
    const next = fragment((parameters) => parameters.set("show", name));
    if (next === location.hash) open();
    else location.hash = next;
  });
  document.addEventListener("keydown", (event) => {
    if (event.key !== "/" || event.ctrlKey || event.metaKey || event.altKey) return;
    if (event.target.closest?.("input, select, textarea")) return;
    event.preventDefault();
    form.elements.text.focus();
  });

  for (const replay of document.querySelectorAll(".replay")) {
    const button = document.createElement("button");
    button.type = "button";
    button.textContent = "Copy";
    button.addEventListener("click", async () => {
      try {
        await navigator.clipboard.writeText(replay.querySelector("code").textContent);
        button.textContent = "Copied";
      } catch {
        getSelection().selectAllChildren(replay.querySelector("code"));
        button.textContent = "Selected";
      }
      setTimeout(() => (button.textContent = "Copy"), 1500);
    });
    replay.append(button);
  }

  addEventListener("hashchange", () => {
    apply();
    open();
  });
  form.hidden = false;
  apply();
  open();
})();
