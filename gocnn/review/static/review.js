/**
 * The page of a review: steps through a game, and shows what was found about each move. It needs
 * Board, Curve and vertexName of gocnn/render/static before it in the same module, and the data of
 * gocnn/review/page.py in the page. All text is set as text, never as markup.
 */
{
  const data = JSON.parse(document.getElementById("data").textContent);
  const byId = (id) => document.getElementById(id);
  const COLOURS = { 1: "Black", "-1": "White" };
  const LETTERS = "ABCDEFGHIJ";
  const percent = (share) => {
    if (share > 0 && share < 0.001) return "under 0.1%";
    return `${(100 * share).toFixed(share < 0.0995 ? 1 : 0)}%`;
  };
  const ordinal = (place) => {
    const teen = place % 100 > 10 && place % 100 < 14;
    return place + ((!teen && { 1: "st", 2: "nd", 3: "rd" }[place % 10]) || "th");
  };

  /** An element with text, or with other elements. */
  function element(name, content, attributes = {}) {
    const made = document.createElement(name);
    for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value);
    for (const part of Array.isArray(content) ? content : [content]) made.append(part);
    return made;
  }

  /** A player's name, which may be written from right to left, apart from what stands around it. */
  const nameOf = (player) => element("bdi", player.name);

  /** A stone of a colour, "black" or "white"; characters such as ● are white where letters are. */
  const stoneOf = (colour) => element("span", "", {
    class: `stone ${colour}`, role: "img", "aria-label": colour,
  });

  function table(target, head, rows) {
    const line = element("tr", head.map((text, column) =>
      element("th", text, column ? { scope: "col" } : { scope: "col", class: "text" })));
    target.replaceChildren(element("thead", line), element("tbody", rows));
  }

  const row = (cells, attributes = {}) => element("tr", cells.map((cell, column) =>
    element(column ? "td" : "th", cell, column ? {} : { scope: "row", class: "text" })), attributes);

  let game = null; // the game that is shown
  let boards = []; // its stones, from before the first move on
  let current = 0; // moves played on the board
  let playedOut = false; // whether the expected sequence is shown

  const board = new Board(byId("board"), { onStep: (steps) => go(current + steps) });
  const curves = {
    wins: new Curve(byId("wins"), {
      label: "Win rate of black",
      onSelect: go,
      describe: (ply, value) => `Move ${ply}: ${percent(value ?? 0)}`,
    }),
    leads: new Curve(byId("leads"), {
      label: "Lead of black in points",
      onSelect: go,
      describe: (ply, value) => `Move ${ply}: ${(value ?? 0).toFixed(1)} points`,
    }),
    surprise: new Curve(byId("surprise"), {
      label: "Surprise of each move",
      onSelect: go,
      describe: (ply, value) =>
        value === null ? "Before the first move" : `Move ${ply}: probability ${percent(Math.exp(-value))}`,
    }),
  };

  /** The stones after each move. */
  function replay(shown) {
    const stones = new Int8Array(shown.size * shown.size);
    for (const [colour, point] of shown.setup) stones[point] = colour;
    const all = [stones];
    for (const { colour, point, taken } of shown.moves) {
      const next = all[all.length - 1].slice();
      if (point < next.length) next[point] = colour;
      for (const fallen of taken) next[fallen] = 0;
      all.push(next);
    }
    return all;
  }

  function open(index) {
    game = data.games[index];
    boards = replay(game);
    current = 0;
    playedOut = false;
    const { black, white } = game;
    byId("names").replaceChildren(
      stoneOf("black"), " ", nameOf(black), ` ${black.rank}`, "  –  ",
      stoneOf("white"), " ", nameOf(white), ` ${white.rank}`);
    byId("about").replaceChildren(
      ...game.about.flatMap((text, place) => [place ? " · " : "", element("bdi", text)]));
    byId("lead-part").hidden = !game.leads;
    showMoments();
    showRates();
    for (const [number, line] of [...byId("games").querySelectorAll("tbody tr")].entries()) {
      if (number === index) line.setAttribute("aria-current", "true");
      else line.removeAttribute("aria-current");
    }
    go(data.games.length > 1 || !game.moments.length ? 0 : game.moments[0].number);
  }

  /** Show the board after so many moves. */
  function go(ply) {
    current = Math.min(Math.max(ply, 0), game.moves.length);
    playedOut = false;
    draw();
  }

  const momentAt = (ply) => game.moments.find(({ number }) => number === ply);

  /** What was expected in place of the last move: the sequence of a search, or the network's. */
  function expectedLine() {
    const moment = momentAt(current);
    const line = moment?.line ?? game.moves[current - 1]?.line ?? [];
    return line.length ? line : current ? [game.moves[current - 1].candidates[0][0]] : [];
  }

  function draw() {
    const move = game.moves[current - 1];
    const expected = byId("show").checked && move !== undefined;
    const shown = { size: game.size, stones: boards[current], last: move?.point };
    if (playedOut && move) Object.assign(shown, sequence(expectedLine(), move.colour));
    else if (expected) Object.assign(shown, expectation(move));
    board.draw(shown);
    byId("number").textContent = `Move ${current} of ${game.moves.length}`;
    for (const id of ["first", "back"]) byId(id).disabled = current === 0;
    for (const id of ["forward", "last"]) byId(id).disabled = current === game.moves.length;
    const line = byId("line");
    line.disabled = !move || (move.place === 1 && !momentAt(current));
    line.setAttribute("aria-pressed", String(playedOut));
    line.textContent = playedOut ? "Back to the game" : "Play it out";
    showMove(move);
    showCurves();
    for (const button of byId("moments").querySelectorAll("button")) {
      button.setAttribute("aria-current", String(Number(button.dataset.number) === current));
    }
  }

  /** Letters where a move was expected; on the stone itself where it was. */
  function expectation(move) {
    const candidates = [];
    const labels = {};
    move.candidates.forEach(([point, probability], index) => {
      if (point === move.point) labels[point] = LETTERS[index];
      else if (point < game.size * game.size && !boards[current][point]) {
        candidates.push({
          point, text: LETTERS[index], detail: percent(probability), best: index === 0,
        });
      }
    });
    return { candidates, labels, last: move.point in labels ? null : move.point };
  }

  /** A sequence as numbered stones, from the position before the last move on. */
  function sequence(line, colour) {
    const stones = boards[current - 1].slice();
    const labels = {};
    line.forEach((point, step) => {
      if (point >= stones.length) return;
      stones[point] = step % 2 ? -colour : colour;
      labels[point] = String(step + 1);
    });
    return { stones, labels, last: null };
  }

  function showMove(move) {
    const parts = [];
    const name = (point) => vertexName(point, game.size);
    if (move) {
      parts.push(element("h3", `Move ${current}: ${COLOURS[move.colour]} ${name(move.point)}`));
      const moment = momentAt(current);
      const place = move.place === 1 ? "as expected" : `${ordinal(move.place)} choice`;
      parts.push(element("p", `Probability ${percent(move.probability)}, ${place}.`));
      if (move.mark === "good") {
        parts.push(element("p", "A surprise that paid.", { class: "good" }));
      } else if (moment) {
        parts.push(element("p", momentText(moment), { class: "bad" }));
      }
      parts.push(element("p", game.advice ? `A ${game.advice} would play:` : "Expected:"));
      parts.push(element("ul", move.candidates.map(([point, probability], index) =>
        element("li", `${LETTERS[index]} ${name(point)} ${percent(probability)}`))));
      if (moment) parts.push(element("p", `Better: ${moment.line.map(name).join(" ")}`));
    } else {
      parts.push(element("h3", "Before the first move"));
    }
    parts.push(element("p", `Black's win rate: ${percent(game.wins[current])}${leadText()}`));
    const comment = game.comments[current];
    if (comment) parts.push(element("p", comment, { class: "comment", dir: "auto" }));
    byId("move").replaceChildren(...parts);
  }

  function leadText() {
    if (!game.leads) return "";
    const lead = game.leads[current];
    return `, ${lead >= 0 ? "black" : "white"} leads by ${Math.abs(lead).toFixed(1)} points`;
  }

  function momentText({ loss, searched, turned }) {
    const source = searched ? `a search of ${game.visits} visits` : "the network alone";
    return `Cost ${percent(loss)} of the win rate${turned ? " and the lead in the game" : ""}, by ${source}.`;
  }

  function showMoments() {
    byId("moments-about").textContent = game.moments.length
      ? "The moves that cost most; a click shows one."
      : "No move cost much of the win rate.";
    byId("moments").replaceChildren(...game.moments.map((moment) => {
      const move = game.moves[moment.number - 1];
      const button = element("button", [
        `Move ${moment.number}, ${COLOURS[move.colour].toLowerCase()} ${vertexName(move.point, game.size)}: `,
        element("span", `−${percent(moment.loss)}`, { class: "bad" }),
        ` (black ${percent(moment.before)} → ${percent(moment.after)})${moment.turned ? ", the lead changed" : ""}`,
      ], { type: "button", "data-number": moment.number });
      button.addEventListener("click", () => go(moment.number));
      return element("li", button);
    }));
  }

  function showCurves() {
    const marks = game.moments.map(({ number }) => ({ index: number, kind: "bad" }));
    curves.wins.draw({
      values: game.wins, low: 0, high: 1, middle: 0.5, current, marks,
      scale: ["100% black", "50%", "100% white"],
    });
    if (game.leads) {
      const most = Math.max(10, ...game.leads.map(Math.abs));
      curves.leads.draw({
        values: game.leads, low: -most, high: most, middle: 0, current, marks,
        scale: [`B+${most.toFixed(0)}`, "even", `W+${most.toFixed(0)}`],
      });
    }
    const surprises = [null, ...game.moves.map(({ surprise }) => surprise)];
    curves.surprise.draw({
      values: surprises, low: 0, high: Math.max(7, ...surprises), current, scale: ["never expected", "", "expected"],
    });
  }

  // -- match rates ------------------------------------------------------------------------------

  const share = ([moves, found]) => (moves ? percent(found / moves) : "–");

  function showRates() {
    const typicalOf = (colour) => data.typical[game.typical[colour]] ?? null;
    const compared = Boolean(typicalOf("black") ?? typicalOf("white")); // else no rank is known
    const head = ["", "moves", "first choice", "typical", "first five", "typical"];
    const kept = (cells) => (compared ? cells : cells.filter((_, column) => head[column] !== "typical"));
    const rows = [];
    for (const colour of ["black", "white"]) {
      const typical = typicalOf(colour);
      for (const [phase, rate] of Object.entries(game.matches[colour])) {
        const [moves, matched, near] = rate;
        const usual = typical?.rates[phase];
        const title = element("span", phase === "all"
          ? [stoneOf(colour), " ", nameOf(game[colour]), ` ${game[colour].rank}`] : phase);
        rows.push(row(kept([
          title, String(moves), share([moves, matched]), usual ? interval(usual.top1) : "–",
          share([moves, near]), usual ? interval(usual.top5) : "–",
        ]), phase === "all" ? { class: "own" } : {}));
      }
    }
    table(byId("matches"), kept(head), rows);
    byId("rates-about").textContent = `The network is told nothing of the ranks here. ${compared
      ? "Typical is what players of the same rank reach on average; a"
      : "The game names no ranks to compare with. A"} single game goes up and down by several percent.`;
    byId("typical-part").hidden = data.typical.length === 0;
    const own = new Set([game.typical.black, game.typical.white]);
    table(byId("typical"), ["rank", "moves", "first choice", "opening", "middle game", "endgame", "first five"],
      data.typical.map(({ label, positions, rates }, index) => row([
        label, positions.toLocaleString("en"),
        ...["all", "opening", "middle game", "endgame"].map((phase) => interval(rates[phase]?.top1)),
        interval(rates.all?.top5),
      ], own.has(index) ? { class: "own" } : {})));
  }

  function showRanks() {
    byId("ranks-part").hidden = data.ranks.length === 0;
    byId("ranks-about").textContent = data.ranks_about;
    table(byId("ranks"), ["player", "games", "rank", "likely", "recorded"],
      data.ranks.map(({ player, games, group, low, high, recorded }) => row([
        element("bdi", player), String(games), group, low === high ? low : `${low} to ${high}`,
        recorded || "–",
      ])));
  }

  function interval(estimate) {
    if (!estimate) return "–";
    const [mean, margin] = estimate;
    return `${(100 * mean).toFixed(1)}%${margin === null ? "" : ` ± ${(100 * margin).toFixed(1)}`}`;
  }

  // -- several games ----------------------------------------------------------------------------

  function showSummary() {
    byId("summary").hidden = data.games.length < 2;
    if (data.games.length < 2) return;
    const rows = data.games.map((each, index) => {
      const button = element("button", String(index + 1), {
        type: "button", "aria-label": `Show game ${index + 1}`,
      });
      button.addEventListener("click", () => {
        open(index);
        byId("names").scrollIntoView();
      });
      const [black, white] = [each.matches.black.all, each.matches.white.all];
      const worst = each.moments.reduce((a, b) => (a && a.loss >= b.loss ? a : b), null);
      return row([
        button, element("span", [nameOf(each.black), ` ${each.black.rank}`]),
        element("span", [nameOf(each.white), ` ${each.white.rank}`]),
        element("bdi", each.result || "–"), String(each.moves.length), share(black), share(white),
        String(each.moments.length),
        worst ? `move ${worst.number}, −${percent(worst.loss)}` : "–",
      ]);
    });
    table(byId("games"), [
      "game", "black", "white", "result", "moves", "black found", "white found", "moments", "costliest",
    ], rows);
    table(byId("players"), ["player", "games", "moves", "first choice", "first five"],
      data.players.map(({ name, games, rate }) => row([
        element("bdi", name), String(games), String(rate[0]), share(rate), share([rate[0], rate[2]]),
      ])));
  }

  // -- keys and buttons -------------------------------------------------------------------------

  function nextMoment(direction) {
    const numbers = game.moments.map(({ number }) => number);
    const later = numbers.filter((number) => (number - current) * direction > 0);
    if (later.length) go(direction > 0 ? later[0] : later[later.length - 1]);
  }

  const KEYS = {
    ArrowLeft: () => go(current - 1),
    ArrowRight: () => go(current + 1),
    PageUp: () => go(current - 10),
    PageDown: () => go(current + 10),
    Home: () => go(0),
    End: () => go(game.moves.length),
    n: () => nextMoment(1),
    p: () => nextMoment(-1),
  };
  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const act = KEYS[event.key] ?? KEYS[event.key.toLowerCase()];
    if (!act) return;
    event.preventDefault();
    act();
  });
  byId("first").addEventListener("click", KEYS.Home);
  byId("back").addEventListener("click", KEYS.ArrowLeft);
  byId("forward").addEventListener("click", KEYS.ArrowRight);
  byId("last").addEventListener("click", KEYS.End);
  byId("show").addEventListener("change", draw);
  byId("line").addEventListener("click", () => {
    playedOut = !playedOut;
    draw();
  });

  // The names of one game stand above its board, with the ranks.
  if (data.games.length === 1) byId("title").textContent = "Review";
  showSummary();
  showRanks();
  open(0);
}
