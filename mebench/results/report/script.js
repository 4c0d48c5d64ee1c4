"use strict";
(function () {
  const root = document.documentElement;
  const all = (selector, from) => Array.from((from || document).querySelectorAll(selector));

  // Light and dark
  const theme = document.querySelector(".theme");
  const kept = { get: () => { try { return localStorage.getItem("mebench-theme"); } catch { return null; } },
                 set: (v) => { try { localStorage.setItem("mebench-theme", v); } catch { /* private */ } } };
  const dark = () => root.dataset.theme
    ? root.dataset.theme === "dark" : matchMedia("(prefers-color-scheme: dark)").matches;
  if (["light", "dark"].includes(kept.get())) root.dataset.theme = kept.get();
  const name = () => { theme.textContent = dark() ? "Light" : "Dark"; };
  if (theme) {
    theme.hidden = false;
    theme.addEventListener("click", () => {
      root.dataset.theme = dark() ? "light" : "dark";
      kept.set(root.dataset.theme);
      name();
    });
    name();
  }

  // Tables: a click on a heading sorts, a word filters
  const value = (cell) => {
    const given = cell.dataset.value;
    const text = given !== undefined ? given : cell.textContent.trim();
    return text === "" || isNaN(text) ? text.toLowerCase() : Number(text);
  };
  const order = (a, b) => {
    if (typeof a === "number" && typeof b === "number") return a - b;
    if (typeof a === "number") return a === b ? 0 : -1;
    if (typeof b === "number") return 1;
    return a.localeCompare(b, undefined, { numeric: true });
  };
  all("table[data-sortable]").forEach((table) => {
    const heads = all("thead th", table);
    heads.forEach((head, column) => {
      const button = document.createElement("button");
      button.type = "button";
      button.append(...head.childNodes);
      head.append(button);
      button.addEventListener("click", () => {
        const numeric = head.classList.contains("n");
        const now = head.getAttribute("aria-sort");
        const down = now ? now === "ascending" : numeric;
        heads.forEach((h) => h.removeAttribute("aria-sort"));
        head.setAttribute("aria-sort", down ? "descending" : "ascending");
        const body = table.tBodies[0];
        const rows = Array.from(body.rows).map((row) => [value(row.cells[column]), row]);
        const empty = (v) => v === "";
        rows.sort(([a], [b]) => empty(a) || empty(b) ? empty(a) - empty(b)
          : (down ? -1 : 1) * order(a, b));
        rows.forEach(([, row]) => body.append(row));
      });
    });
  });
  all("[data-filters]").forEach((box) => {
    const table = document.getElementById(box.dataset.filters);
    const word = box.querySelector("input[type=search]");
    const picks = all("select", box);
    const shown = box.querySelector("[data-shown]");
    const apply = () => {
      const words = word ? word.value.toLowerCase().split(/\s+/).filter(Boolean) : [];
      let n = 0;
      Array.from(table.tBodies[0].rows).forEach((row) => {
        const text = row.textContent.toLowerCase();
        const fits = words.every((w) => text.includes(w)) &&
          picks.every((p) => !p.value || row.dataset[p.dataset.key] === p.value);
        row.hidden = !fits;
        n += fits;
      });
      if (shown) shown.textContent = n + " of " + table.tBodies[0].rows.length;
    };
    box.hidden = false;
    box.addEventListener("input", apply);
    apply();
  });

  // Runs open by a link to them, and all of them on paper
  const reveal = () => {
    let target = null;
    try { target = document.getElementById(decodeURIComponent(location.hash.slice(1))); } catch { return; }
    const run = target && target.closest("details");
    if (run) { run.open = true; target.scrollIntoView(); }
  };
  addEventListener("hashchange", reveal);
  reveal();
  let closed = [];
  addEventListener("beforeprint", () => {
    closed = all("details.run:not([open])");
    closed.forEach((d) => { d.open = true; });
  });
  addEventListener("afterprint", () => closed.forEach((d) => { d.open = false; }));

  // Clips
  const source = document.getElementById("clips-data");
  const explorer = document.querySelector(".explorer");
  if (!source || !explorer) return;
  const explore = (data) => {
    const TALL = Number(source.dataset.height), WIDE = Number(source.dataset.width);
    const make = (tag, kind, ...inside) => {
      const out = document.createElement(tag);
      if (kind) out.className = kind;
      out.append(...inside.filter((x) => x !== null));
      return out;
    };
    const number = (v) => (v < 0 ? "−" : "") + Math.abs(v).toFixed(3).replace(/^0/, "");
    const strip = (number, row, column, pictures, alt) => {
      const sheet = data.sheets[number];
      const columns = sheet.width / (pictures * WIDE), rows = sheet.height / TALL;
      const out = make("span", "strip sheet-" + number);
      out.setAttribute("role", "img");
      out.setAttribute("aria-label", alt);
      out.style.flex = pictures + " 1 0";
      out.style.aspectRatio = pictures * WIDE + " / " + TALL;
      out.style.backgroundSize = 100 * columns + "% " + 100 * rows + "%";
      out.style.backgroundPosition = (columns > 1 ? 100 * column / (columns - 1) : 0) + "% " +
        (rows > 1 ? 100 * row / (rows - 1) : 0) + "%";
      return out;
    };
    const card = (run, row) => {
      const clip = data.sets[run.set][row.clip];
      const said = run.classes[row.said], truth = run.classes[row.truth];
      const single = clip.sheet !== undefined && clip.pictures === 1 && !row.map;
      const out = make("article", single ? "card single" : "card");
      const pictures = make("div", "row");
      if (clip.sheet !== undefined) {
        pictures.append(strip(clip.sheet, clip.row, clip.column, clip.pictures,
          (clip.pictures > 1 ? "Onset, apex, offset and flow" : "Flow from onset to apex") + " of " + clip.id));
      }
      if (row.map) pictures.append(strip(row.map[0], row.map[1], row.map[2], 1, "Class activation map of " + clip.id));
      if (pictures.childNodes.length) out.append(pictures);
      const body = make("div", "body");
      if (clip.pictures > 1) {
        const names = ["onset " + clip.onset, "apex " + clip.apex, "offset " + clip.offset, "flow"];
        out.append(make("div", "pictures", ...names.map((n) => make("span", "", n)), row.map ? make("span", "", "map") : null));
      }
      body.append(make("p", "id", clip.id));
      const verdict = make("p", "", make("span", said === truth ? "right" : "wrong", said));
      verdict.append(said === truth ? " is right" : ", truth " + truth);
      if (row.margin !== null) verdict.append(", " + number(row.margin) + " ahead of " + run.classes[row.runner]);
      body.append(verdict);
      if (said !== truth && row.margin !== null && row.runner !== row.truth) {
        body.append(make("p", "quiet", number(row.behind) + " ahead of the truth"));
      }
      const facts = [];
      if (clip.units) facts.push("AU " + clip.units);
      if (clip.emotion && clip.emotion !== truth) facts.push(clip.emotion);
      if (clip.sheet !== undefined) {
        if (clip.apex_source && clip.apex_source !== "annotated") {
          facts.push("apex: " + (clip.apex_source === "middle" ? "middle frame, none annotated" : clip.apex_source));
        }
        if (clip.full_colour) facts.push("full colour " + clip.full_colour + " px");
        if (clip.hidden) facts.push("face not to be published");
      }
      if (facts.length) body.append(make("p", "quiet", facts.join(" · ")));
      if (row.parts) {
        const most = Math.max(...row.parts.map((p) => Math.abs(p[1])), 1e-12);
        const list = make("ul", "parts");
        row.parts.forEach(([group, share]) => {
          const fill = make("i", share < 0 ? "against" : "");
          fill.style.width = 50 * Math.abs(share) / most + "%";
          fill.style[share < 0 ? "right" : "left"] = "50%";
          list.append(make("li", "", make("span", "name", run.groups[group]), make("span", "track", fill),
            make("span", "value", (share > 0 ? "+" : "") + number(share))));
        });
        body.append(list);
      }
      out.append(body);
      return out;
    };
    const field = (n) => explorer.querySelector("[data-clip=" + n + "]");
    const cards = explorer.querySelector(".cards"), more = explorer.querySelector(".more");
    const count = explorer.querySelector("[data-count]");
    data.runs.forEach((run, i) => {
      field("run").append(new Option(run.title + " · " + run.place, i));
    });
    let found = [], shown = 0;
    const STEP = 24;
    const page = () => {
      const run = data.runs[field("run").value];
      found.slice(shown, shown + STEP).forEach((row) => cards.append(card(run, row)));
      shown = Math.min(shown + STEP, found.length);
      more.hidden = shown >= found.length;
      count.textContent = shown + " of " + found.length + " clips shown";
    };
    const choose = () => {
      const run = data.runs[field("run").value];
      const clips = data.sets[run.set];
      const words = field("word").value.toLowerCase().split(/\s+/).filter(Boolean);
      const truth = field("truth").value, said = field("said").value;
      const sure = (r) => r.margin === null ? -Infinity : r.margin;
      found = run.rows.filter((r) => (!field("wrong").checked || r.truth !== r.said) &&
        (truth === "" || r.truth === Number(truth)) && (said === "" || r.said === Number(said)) &&
        words.every((w) => clips[r.clip].id.toLowerCase().includes(w) ||
          ("au " + clips[r.clip].units).toLowerCase().includes(w)));
      const by = field("order").value;
      if (by === "sure") found.sort((a, b) => (b.truth !== b.said) - (a.truth !== a.said) || sure(b) - sure(a));
      if (by === "unsure") found.sort((a, b) => sure(a) - sure(b));
      if (by === "name") found.sort((a, b) => clips[a.clip].id.localeCompare(clips[b.clip].id, undefined, { numeric: true }));
      cards.replaceChildren();
      cards.classList.toggle("single", clips.every((c) => !(c.pictures > 1)));
      shown = 0;
      page();
    };
    const classes = () => {
      ["truth", "said"].forEach((n) => {
        field(n).replaceChildren(new Option("any", ""));
        data.runs[field("run").value].classes.forEach((c, i) => field(n).append(new Option(c, i)));
      });
    };
    field("run").addEventListener("change", () => { classes(); choose(); });
    explorer.querySelector(".filter").addEventListener("input", (e) => {
      if (e.target !== field("run")) choose();
    });
    more.addEventListener("click", page);
    explorer.hidden = false;
    classes();
    choose();
  };
  if (source.dataset.packed === undefined) {
    explore(JSON.parse(source.textContent));
    return;
  }
  // Of many clips the data is packed, and unpacked when somebody comes near it
  const unpack = async () => {
    const bytes = Uint8Array.from(atob(source.textContent.trim()), (c) => c.charCodeAt(0));
    const stream = new Blob([bytes]).stream().pipeThrough(new DecompressionStream("gzip"));
    explore(JSON.parse(await new Response(stream).text()));
  };
  const watch = new IntersectionObserver((seen) => {
    if (!seen.some((s) => s.isIntersecting)) return;
    watch.disconnect();
    unpack().catch(() => {
      const said = document.createElement("p");
      said.textContent = "The list of clips needs a browser that can unpack gzip (of 2023 or newer).";
      explorer.before(said);
    });
  }, { rootMargin: "800px" });
  watch.observe(explorer.parentElement);
})();
