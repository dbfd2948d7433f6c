/** The page: what the user does goes to the game, and what the game is is drawn. */

import { Board, vertexName } from "./board.js";
import { Curve } from "./curve.js";
import { Game } from "./game.js";
import { ask, askFile, keepAlive, signIn } from "./server.js";
import {
  LANGUAGES, currentLanguage, hasText, preferredLanguage, setLanguage, text,
} from "./texts.js";
import { TreeView } from "./tree_view.js";

const BLACK = 1;
const WHITE = -1;
const KEPT_GAME = "gocnn-game"; // in this tab
const KEPT_CHOICES = "gocnn-choices"; // in this browser
const TOP = 8; // candidates
const AT_ONCE = 4; // positions of one question for the curve
const SLOW = 4000; // milliseconds, after which a move or a win rate is said to take long
const PAUSE = 80; // milliseconds on a position, before the network is asked about it
const RANKS = [
  "best", "pro", ...Array.from({ length: 9 }, (_, n) => `${9 - n}d`),
  ...Array.from({ length: 20 }, (_, n) => `${n + 1}k`),
];
const STONES = { X: BLACK, O: WHITE, ".": 0 };
// Where keys mean something else already.
const TYPED = "input:not([type=checkbox]), textarea, select, summary";
const KEYS = [
  ["← →", "key-step"], ["Home End", "key-ends"], ["PageUp PageDown", "key-ten"],
  ["↑ ↓", "key-variation"], ["P", "pass"], ["U", "undo"], ["G", "network-move"],
  ["C", "candidates"], ["H", "heat-map"], ["N", "new-game"], ["O", "open"], ["S", "save"],
  ["B", "key-board"],
];

const $ = (id) => document.getElementById(id);

const state = {
  info: null, // what the server has to offer
  game: null,
  id: "", // of this game, to the server
  opponent: null, // {colour: 1, -1 or 0 for none, rank, kind, temperature, visits, resign}
  counting: null, // {dead, owner, result} while the dead are marked
  busy: false, // the network is choosing a move
  waiting: false, // it has been asked about positions for long
  file: null, // the file that the game is from, to open others of its games
  ended: false, // the server is gone
};
let board;
let tree;
let winCurve;
let scoreCurve;

// -- messages -----------------------------------------------------------------------------------

function say(message) {
  $("status").textContent = message;
}

/** Tell what went wrong, in the user's language where it is known. */
function complain(error) {
  if (error.name === "AbortError") return;
  const key = `error-${error.code}`;
  const message = hasText(key) ? text(key) : text("error", { message: error.message });
  if (error.code === "ended" || error.code === "no-token") {
    state.ended = true;
    $("banner").textContent = message;
    $("banner").hidden = false;
  } else {
    $("banner").hidden = true;
    say(error.code && hasText(`${key}-detail`) ? `${message} ${error.message}` : message);
  }
}

/** Run what a user asked for; whatever fails is told. */
function attempt(action) {
  return (...values) => Promise.resolve().then(() => action(...values)).catch((error) => {
    if (!(error.code || error.name === "AbortError")) console.error(error);
    complain(error);
  });
}

// -- playing --------------------------------------------------------------------------------------

function toMove(node = state.game.current) {
  return node.board?.to_move ?? BLACK;
}

/** Fetch what stands on the board along the line, where that is not known yet. */
async function ensureBoard() {
  const { game } = state;
  const line = game.line();
  if (game.current.board) return;
  const { boards } = await ask("boards", { game: game.request(line[line.length - 1]) });
  let index = line[0].step ? 1 : 0;
  line[0].board ??= boards[index];
  for (const node of line.slice(1)) {
    if (node.step) index++;
    node.board ??= boards[index];
  }
}

async function play(point) {
  const { game } = state;
  if (state.busy) return;
  if (state.counting) {
    await toggleDead(point);
    return;
  }
  const node = game.current;
  const colour = toMove(node);
  const known = node.children.find((child) => child.move?.[1] === point
    && child.move[0] === colour);
  // The opponent is asked at once, so that its answer need not wait for the page to be drawn.
  const reply = answers(node, colour, point) ? askForMove(game, node, [colour, point]) : null;
  state.busy = reply !== null;
  try {
    if (!known) {
      const answer = await ask("play", { game: game.request(node), colour, point });
      if (state.game !== game || game.current !== node) return;
      game.add([colour, point], node).board = answer.board;
    }
  } finally {
    state.busy = false;
  }
  game.goTo(known ?? game.add([colour, point], node));
  state.busy = reply !== null;
  await show();
  if (reply) await takeReply(reply);
  else if (game.ended()) await count();
}

/** Whether the opponent answers a move; two passes end the game. */
function answers(node, colour, point) {
  const pass = state.game.size ** 2;
  const ends = point === pass && node.move?.[1] === pass;
  return state.opponent?.colour === -colour && !ends;
}

/** Ask for the network's move at a node, or after one more move there. */
function askForMove(game, node, move = null) {
  const request = game.request(node);
  if (move) request.steps = [...request.steps, move];
  const player = { ...(state.opponent ?? choices()), game: state.id };
  const colour = move ? -move[0] : toMove(node);
  const reply = ask("genmove", { game: request, player, colour });
  reply.catch(() => {}); // whoever waits for it is told
  return reply;
}

/** Play the network's move at the current node once it comes. */
async function takeReply(reply) {
  const { game } = state;
  const node = game.current;
  state.busy = true;
  say(text("thinking"));
  const slow = setTimeout(() => say(text("loading")), SLOW);
  drawControls();
  try {
    const answer = await reply;
    if (state.game !== game) return;
    if (answer.point === "resign") {
      finish(-answer.colour, "R");
    } else {
      const child = game.add([answer.colour, answer.point], node);
      child.board = answer.board;
      if (game.current === node) game.goTo(child);
    }
  } finally {
    clearTimeout(slow);
    state.busy = false;
    drawControls();
  }
  await show();
  if (game === state.game && game.ended()) await count();
}

async function networkMove() {
  if (state.busy || state.counting) return;
  await takeReply(askForMove(state.game, state.game.current));
}

async function undo() {
  const { game, opponent } = state;
  if (state.counting) stopCounting();
  // One's own move, with the answer to it.
  const pair = opponent?.colour === -toMove() && game.current.parent?.parent
    && game.current.move?.[0] === opponent.colour;
  game.step(pair ? -2 : -1);
  await show();
}

function resign() {
  const { opponent } = state;
  const loser = opponent?.colour ? -opponent.colour : toMove();
  finish(-loser, "R");
  show();
}

/** Note how the game ended. */
function finish(winner, by) {
  state.game.info.RE = winner === 0 ? "0" : `${winner > 0 ? "B" : "W"}+${by}`;
  keep();
}

/** A result in SGF's form in words; nothing where it is not of that form. */
function resultText(result) {
  const found = /^([BW])\+(.*)$/.exec(result ?? "");
  if (result === "0" || result === "Draw") return text("draw");
  if (!found) return result ?? "";
  const winner = text(found[1] === "B" ? "black" : "white");
  if (/^R/i.test(found[2])) return text("wins-resignation", { winner });
  if (/^T/i.test(found[2])) return text("wins-time", { winner });
  const points = Number(found[2]);
  if (!found[2] || Number.isNaN(points)) return text("wins", { winner });
  return text("wins-points", { winner, points });
}

// -- counting ---------------------------------------------------------------------------------------

async function count(fields = {}) {
  const { game } = state;
  const node = game.current;
  const answer = await ask("count", { game: game.request(node), ...fields });
  if (state.game !== game || game.current !== node) return;
  state.counting = answer;
  $("counting").hidden = false;
  $("play-tools").hidden = true;
  $("counted").textContent = resultText(answer.result);
  draw();
}

async function toggleDead(point) {
  if (!STONES[state.game.current.board.stones[point]]) return;
  await count({ dead: state.counting.dead, toggle: point });
}

function stopCounting() {
  state.counting = null;
  $("counting").hidden = true;
  $("play-tools").hidden = false;
  draw();
}

function accept() {
  state.game.info.RE = state.counting.result;
  stopCounting();
  keep();
  say(resultText(state.game.info.RE));
}

// -- what the network says --------------------------------------------------------------------------

let asking = new AbortController();
let timer = 0;

/** Ask about the position that is shown, unless it is left at once. */
function consider() {
  clearTimeout(timer);
  const { game } = state;
  const node = game.current;
  const wanted = $("show-candidates").checked || $("show-heat").checked;
  if (!wanted || node.analysis || state.ended) {
    fillCurve();
    return;
  }
  timer = setTimeout(attempt(async () => {
    if (state.busy) return; // a move goes first
    asking.abort();
    asking = new AbortController();
    const rank = $("advice-rank").value;
    const answer = await awaitAnswer(ask(
      "analyse", { game: game.request(node), rank, colour: toMove(node), top: TOP },
      { signal: asking.signal },
    ));
    if (rank !== $("advice-rank").value) return;
    node.analysis = answer;
    if (state.game === game && game.current === node) draw();
    fillCurve();
  }), PAUSE);
}

/** The network's answer; the page tells when it takes long, as at the very first start. */
async function awaitAnswer(answer) {
  const slow = setTimeout(() => {
    state.waiting = true;
    drawStudy();
  }, SLOW);
  try {
    return await answer;
  } finally {
    clearTimeout(slow);
    state.waiting = false;
  }
}

let filling = false;

/** Ask for the win rate and the lead of all positions of the line, a few at a time. */
const fillCurve = attempt(async () => {
  if (filling) return;
  filling = true;
  try {
    while (!(state.ended || state.busy)) { // a move goes first
      const { game } = state;
      const line = game.line();
      // First where the user is, then the rest in order.
      const missing = [game.current, ...line].filter((node) => !node.value).slice(0, AT_ONCE);
      if (!missing.length) return;
      const steps = (node) => game.path(node).filter((each) => each.step).length;
      const after = missing.map(steps);
      const answer = await awaitAnswer(ask("evaluate", {
        game: game.request(line[line.length - 1]), rank: "best", after,
      }));
      const values = new Map(answer.after.map((step, at) => [step, answer.values[at]]));
      missing.forEach((node, at) => { node.value = values.get(after[at]); });
      if (state.game === game) drawStudy();
    }
  } finally {
    filling = false;
  }
});

// -- drawing ----------------------------------------------------------------------------------------

/** Show the current position: what is known of it at once, the rest when it comes. */
async function show() {
  await ensureBoard();
  draw();
  keep();
  consider();
}

function letterOf(index) {
  return String.fromCharCode(65 + index);
}

function percent(share) {
  const digits = share < 0.1 ? 1 : 0;
  return `${(100 * share).toFixed(digits)} %`;
}

/** Whose the points are where no living stone says so already. */
function ownersOfPoints(stones, { owner, dead }) {
  const fallen = new Set(dead);
  return owner.map((colour, point) => (stones[point] && !fallen.has(point) ? 0 : colour));
}

/** As little text as a stone has room for. */
function shortPercent(share) {
  return share < 0.005 ? "<1%" : `${Math.round(100 * share)}%`;
}

function draw() {
  const { game, counting } = state;
  const node = game.current;
  const { size } = game;
  if (!node.board) return;
  const stones = Array.from(node.board.stones, (sign) => STONES[sign]);
  const analysis = node.analysis;
  const candidates = $("show-candidates").checked && !counting ? analysis?.candidates : null;
  board.draw({
    size,
    stones,
    toMove: counting || state.busy ? 0 : toMove(),
    last: node.move ? node.move[1] : null,
    ko: node.board.ko,
    candidates: candidates?.map(({ point, probability }, index) => ({
      point, text: letterOf(index), detail: shortPercent(probability), best: index === 0,
    })),
    heat: $("show-heat").checked && !counting ? analysis?.heat : undefined,
    ownership: counting && ownersOfPoints(stones, counting),
    dead: counting?.dead,
    labels: node.labels,
    marks: node.marks,
    next: node.children.length > 1
      ? node.children.filter((child) => child.move).map((child) => child.move[1])
        .filter((point) => point < size * size)
      : [],
  });
  drawPlayers();
  drawStatus();
  drawControls();
  if ($("comment").value !== node.comment) $("comment").value = node.comment;
  drawStudy();
}

let drawing = 0;

/** Draw what stands beside the board, once for all changes until the next frame. */
function drawStudy() {
  cancelAnimationFrame(drawing);
  drawing = requestAnimationFrame(() => {
    const { game, counting } = state;
    const shown = $("show-candidates").checked && !counting;
    drawCandidates((shown && game.current.analysis?.candidates) || []);
    drawBranches();
    drawCurves();
    tree.draw(game);
  });
}

function drawCandidates(candidates) {
  const items = candidates.map(({ point, probability }, index) => {
    const item = document.createElement("li");
    const button = document.createElement("button");
    const name = pointName(point);
    for (const part of [letterOf(index), name, percent(probability)]) {
      const span = document.createElement("span");
      span.textContent = part;
      button.append(span);
    }
    const bar = document.createElement("meter");
    bar.value = probability;
    bar.setAttribute("aria-label", text("probability"));
    button.append(bar);
    button.addEventListener("click", attempt(() => play(point)));
    item.append(button);
    return item;
  });
  $("candidates").replaceChildren(...items);
}

function pointName(point) {
  const { size } = state.game;
  return point === size * size ? text("pass") : vertexName(point, size);
}

function drawPlayers() {
  const { game, opponent } = state;
  const [byBlack, byWhite] = game.current.board.prisoners;
  for (const [id, colour, name, rank, taken] of [
    ["black-player", BLACK, "PB", "BR", byBlack], ["white-player", WHITE, "PW", "WR", byWhite],
  ]) {
    const player = $(id);
    const other = opponent?.colour === colour;
    const plain = other ? `gocnn, ${rankName(opponent.rank)}` : text(colour > 0 ? "black" : "white");
    const named = [game.info[name], game.info[rank]].filter(Boolean).join(" ");
    player.querySelector(".name").textContent = other ? plain : named || plain;
    player.querySelector(".taken").textContent = text("prisoners", { count: taken });
    player.classList.toggle("to-move", toMove() === colour);
  }
}

function drawStatus() {
  const { game } = state;
  const node = game.current;
  if (state.busy) return;
  const parts = [];
  if (node.move) {
    const who = text(node.move[0] > 0 ? "black" : "white");
    parts.push(text("played", { who, point: pointName(node.move[1]) }));
  }
  const over = game.info.RE && !node.children.length;
  if (state.counting) parts.push(text("counting"));
  else if (over) parts.push(resultText(game.info.RE));
  else parts.push(text(toMove() > 0 ? "black-to-move" : "white-to-move"));
  say(parts.join(" "));
}

function drawControls() {
  const { game, busy, counting } = state;
  const node = game.current;
  const line = game.line();
  $("number").textContent = `${node.depth} / ${line.length - 1}`;
  for (const id of ["first", "back", "back10"]) $(id).disabled = !node.parent;
  for (const id of ["last", "forward", "forward10"]) $(id).disabled = !node.children.length;
  for (const id of ["pass", "network"]) $(id).disabled = busy || Boolean(counting);
  for (const id of ["resign", "count"]) $(id).disabled = busy || Boolean(counting);
  $("undo").disabled = busy || !node.parent;
  for (const id of ["promote", "remove"]) $(id).disabled = !node.parent || busy;
}

function drawBranches() {
  const { children } = state.game.current;
  const buttons = children.length < 2 ? [] : children.map((child, index) => {
    const button = document.createElement("button");
    const name = child.move ? pointName(child.move[1]) : text("set-up");
    button.textContent = `${index + 1}: ${name}`;
    button.addEventListener("click", () => goTo(child));
    return button;
  });
  $("branches").replaceChildren(...buttons);
}

function drawCurves() {
  const { game } = state;
  const line = game.line();
  const current = game.current.depth;
  const values = line.map((node) => node.value);
  winCurve.draw({
    values: values.map((value) => value?.win ?? null),
    low: 0, high: 1, middle: 0.5, current,
    scale: [text("black"), "", text("white")],
  });
  const leads = values.map((value) => value?.lead ?? null);
  const most = Math.max(10, ...leads.map((lead) => Math.abs(lead ?? 0)));
  scoreCurve.draw({
    values: leads, low: -most, high: most, middle: 0, current,
    scale: [
      `${text("black")} +${most.toFixed(0)}`,
      "",
      `${text("white")} +${most.toFixed(0)}`,
    ],
  });
  const early = values.every((value) => value?.lead === null);
  $("score-note").textContent = early ? `(${text("score-late")})` : "";
  const value = game.current.value;
  const waits = state.waiting ? text("outlook-waits") : "";
  $("outlook").textContent = value ? outlook(value) : waits;
}

function outlook({ win, lead }) {
  if (lead === null) return text("outlook-win", { win: percent(win) });
  const leader = text(lead >= 0 ? "black" : "white");
  return text("outlook", { win: percent(win), leader, lead: Math.abs(lead).toFixed(1) });
}

function rankName(rank) {
  if (rank === "best") return text("rank-best");
  if (rank === "any") return text("rank-any");
  if (rank === "pro") return text("rank-pro");
  return text(rank.endsWith("d") ? "rank-dan" : "rank-kyu", { number: parseInt(rank, 10) });
}

// -- stepping ---------------------------------------------------------------------------------------

const goTo = attempt(async (node) => {
  if (state.counting) stopCounting();
  state.game.goTo(node);
  await show();
});

const step = attempt(async (count) => {
  if (state.counting) stopCounting();
  state.game.step(count);
  await show();
});

function goToIndex(index) {
  goTo(state.game.line()[index]);
}

// -- new games, files -------------------------------------------------------------------------------

/** Make a game the one that is shown. */
async function begin(game, opponent = null) {
  state.game = game;
  state.id = crypto.randomUUID?.() ?? String(Math.random());
  state.opponent = opponent;
  state.counting = null;
  $("counting").hidden = true;
  $("play-tools").hidden = false;
  $("banner").hidden = true;
  await show();
  if (opponent && opponent.colour === toMove() && !game.current.children.length) {
    await networkMove();
  }
}

/** What was chosen for the last new game. */
function choices() {
  const usual = {
    colour: "black", rank: "best", visits: null, kind: "unknown", temperature: null, size: 19,
    handicap: 0, rules: "chinese", komi: 7.5, resign: true,
  };
  try {
    return { ...usual, ...JSON.parse(localStorage.getItem(KEPT_CHOICES)) };
  } catch {
    return usual;
  }
}

function usualKomi(rules, handicap) {
  if (handicap) return 0.5;
  return rules === "japanese" ? 6.5 : 7.5;
}

function option(value, label) {
  const element = document.createElement("option");
  element.value = value;
  element.textContent = label;
  return element;
}

function fill(select, pairs, value) {
  const kept = value ?? select.value;
  select.replaceChildren(...pairs.map(([each, label]) => option(each, label)));
  if (pairs.some(([each]) => String(each) === String(kept))) select.value = kept;
}

function fillHandicaps(form, value) {
  const counts = state.info.handicaps[form.elements.size.value].map((points) => points.length);
  fill(form.elements.handicap, [[0, text("handicap-none")], ...counts.map((n) => [n, n])], value);
}

/** The choices that depend on language and server. */
function fillForm() {
  const form = $("new-form");
  const { rules, kinds, sizes } = state.info;
  const chosen = choices();
  fill(form.elements.rank, RANKS.map((rank) => [rank, rankName(rank)]), chosen.rank);
  fill(form.elements.rules, rules.map((name) => [name, text(`rules-${name}`)]), chosen.rules);
  fill(form.elements.kind, kinds.map((name) => [name, text(`kind-${name}`)]), chosen.kind);
  const lines = Array.from({ length: sizes[1] - sizes[0] + 1 }, (_, n) => n + sizes[0]);
  fill(form.elements.size, lines.map((n) => [n, `${n} × ${n}`]), chosen.size);
  fillHandicaps(form, chosen.handicap);
  form.elements.colour.value = chosen.colour;
  form.elements.visits.value = chosen.visits ?? "";
  form.elements.temperature.value = chosen.temperature ?? "";
  form.elements.resign.checked = chosen.resign;
  form.elements.komi.value = chosen.komi;
  fill($("advice-rank"), [["any", rankName("any")], ...RANKS.slice(1).map((r) => [r, rankName(r)])]);
}

const startNew = attempt(async () => {
  const { elements } = $("new-form");
  const chosen = {
    colour: elements.colour.value,
    rank: elements.rank.value,
    visits: elements.visits.value === "" ? null : Number(elements.visits.value),
    kind: elements.kind.value,
    temperature: elements.temperature.value === "" ? null : Number(elements.temperature.value),
    size: Number(elements.size.value),
    handicap: Number(elements.handicap.value),
    rules: elements.rules.value,
    komi: Number(elements.komi.value),
    resign: elements.resign.checked,
  };
  localStorage.setItem(KEPT_CHOICES, JSON.stringify(chosen));
  $("new-dialog").close();
  setFile(null);
  const drawn = drawLots(chosen);
  await begin(newGame(drawn), opponentOf(drawn));
});

/** The same choices with a colour where it is left to chance. */
function drawLots(chosen) {
  if (chosen.colour !== "random") return chosen;
  return { ...chosen, colour: Math.random() < 0.5 ? "black" : "white" };
}

function newGame({ size, komi, rules, handicap, colour, rank }) {
  const game = new Game({ size, komi, rules, handicap });
  if (handicap) {
    const black = state.info.handicaps[size].find((points) => points.length === handicap);
    game.root.step = { black, white: [], empty: [], to_move: WHITE };
  }
  const today = new Date();
  game.info.DT = [
    today.getFullYear(), String(today.getMonth() + 1).padStart(2, "0"),
    String(today.getDate()).padStart(2, "0"),
  ].join("-");
  const known = /\d/.test(rank); // "best" is no rank to other programs
  if (colour === "black") Object.assign(game.info, { PW: "gocnn", ...(known && { WR: rank }) });
  if (colour === "white") Object.assign(game.info, { PB: "gocnn", ...(known && { BR: rank }) });
  return game;
}

function opponentOf({ colour, rank, visits, kind, temperature, resign: mayResign }) {
  if (colour === "both") return null;
  const sides = { black: WHITE, white: BLACK };
  return { colour: sides[colour], rank, visits, kind, temperature, resign: mayResign };
}

function setFile(file, games = []) {
  state.file = file;
  $("games").hidden = games.length < 2;
  fill($("game"), games.map((info, index) => [index + 1, gameTitle(info, index)]));
}

function gameTitle(info, index) {
  // Each apart from the rest (Unicode's isolates): a name may be written from right to left.
  const apart = (words) => `\u2068${words}\u2069`;
  const players = [info.PB, info.PW].map((name) => apart(name ?? "?")).join(" – ");
  const known = info.PB || info.PW ? players : apart(info.GN ?? info.EV ?? "");
  const rest = [info.RE, info.DT].filter(Boolean).map(apart);
  return [`${index + 1}.`, known, ...rest].join("  ");
}

async function openFile(file, number = 1) {
  const answer = await ask(`open?number=${number}`, file);
  if (number === 1 || state.file !== file) setFile(file, answer.games);
  $("game").value = String(number);
  await begin(Game.fromData(answer.game));
  const { left_out: left, objection } = answer.game;
  if (left) say(text("left-out", { count: left, reason: objection }));
}

async function sgf() {
  const data = state.game.toData();
  return (await ask("save", { game: data })).sgf;
}

async function save() {
  const blob = new Blob([await sgf()], { type: "application/x-go-sgf" });
  const link = document.createElement("a");
  link.href = URL.createObjectURL(blob);
  link.download = (state.file?.name ?? `gocnn-${state.game.info.DT ?? "game"}.sgf`)
    .replace(/(\.sgf)?$/i, ".sgf");
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 10_000);
  say(text("saved", { name: link.download }));
}

async function copy() {
  await navigator.clipboard.writeText(await sgf());
  say(text("copied"));
}

/** Keep the game, so that the page may be loaded anew. */
function keep() {
  const { game, opponent, id } = state;
  try {
    sessionStorage.setItem(KEPT_GAME, JSON.stringify({ game: game.toData(), opponent, id }));
  } catch {
    sessionStorage.removeItem(KEPT_GAME); // too large; then it starts anew
  }
}

/** The game of this tab before it was loaded anew; null where there was none. */
function keptGame() {
  try {
    return JSON.parse(sessionStorage.getItem(KEPT_GAME));
  } catch {
    return null;
  }
}

// -- wiring -----------------------------------------------------------------------------------------

function boardTexts() {
  const names = ["board", "black", "white", "empty", "last", "dead", "candidate"];
  return Object.fromEntries(names.map((name) => [name, text(`point-${name}`)]));
}

async function speak(name, keepIt) {
  await setLanguage(name, { keep: keepIt });
  $("language").value = name;
  fillForm();
  board.setTexts(boardTexts());
  winCurve.setLabel(text("win-rate"));
  scoreCurve.setLabel(text("score"));
  $("key-list").replaceChildren(...KEYS.flatMap(([keys, label]) => {
    const [term, meaning] = [document.createElement("dt"), document.createElement("dd")];
    term.textContent = keys;
    meaning.textContent = text(label);
    return [term, meaning];
  }));
  if (state.game?.current.board) draw();
}

function setTheme(name) {
  if (name) document.documentElement.dataset.theme = name;
  else delete document.documentElement.dataset.theme;
  localStorage.setItem("gocnn-theme", name);
}

function toggle(id) {
  $(id).checked = !$(id).checked;
  switched();
}

function switched() {
  localStorage.setItem("gocnn-shown", JSON.stringify({
    candidates: $("show-candidates").checked, heat: $("show-heat").checked,
  }));
  draw();
  consider();
}

const commands = {
  new: () => { fillForm(); $("new-dialog").showModal(); },
  open: () => $("file").click(),
  save: attempt(save),
  copy: attempt(copy),
  first: () => step(-Infinity),
  back10: () => step(-10),
  back: () => step(-1),
  forward: () => step(1),
  forward10: () => step(10),
  last: () => step(Infinity),
  pass: attempt(() => play(state.game.size ** 2)),
  undo: attempt(undo),
  resign: attempt(resign),
  count: attempt(() => count()),
  network: attempt(networkMove),
  accept: attempt(accept),
  resume: () => { stopCounting(); consider(); },
  promote: attempt(async () => { state.game.promote(state.game.current); await show(); }),
  remove: attempt(async () => { state.game.remove(state.game.current); await show(); }),
  cancel: () => $("new-dialog").close(),
};

const keys = {
  ArrowLeft: commands.back,
  ArrowRight: commands.forward,
  ArrowUp: () => goTo(state.game.sibling(-1)),
  ArrowDown: () => goTo(state.game.sibling(1)),
  Home: commands.first,
  End: commands.last,
  PageUp: commands.back10,
  PageDown: commands.forward10,
  b: () => board.focus(),
  c: () => toggle("show-candidates"),
  g: commands.network,
  h: () => toggle("show-heat"),
  n: commands.new,
  o: commands.open,
  p: commands.pass,
  s: commands.save,
  u: commands.undo,
  Escape: () => { if (state.counting) commands.resume(); },
};

function onKey(event) {
  if (event.ctrlKey || event.metaKey || event.altKey || event.defaultPrevented) return;
  if ($("new-dialog").open || event.target.closest?.(TYPED)) return;
  const name = event.key.length === 1 ? event.key.toLowerCase() : event.key;
  const run = keys[name];
  if (!run || ($(commandOf(name))?.disabled ?? false)) return;
  event.preventDefault();
  run();
}

/** The button that a letter stands for, which may be disabled. */
function commandOf(key) {
  return { p: "pass", u: "undo", g: "network" }[key] ?? "";
}

function wire() {
  for (const id of ["win-curve", "score-curve"]) {
    // A click leaves the arrow keys to the page; who comes by keyboard stays on the curve.
    $(id).addEventListener("pointerup", () => $(id).blur());
  }
  for (const [id, run] of Object.entries(commands)) $(id).addEventListener("click", run);
  document.addEventListener("keydown", onKey);
  $("show-candidates").addEventListener("change", switched);
  $("show-heat").addEventListener("change", switched);
  $("advice-rank").addEventListener("change", () => {
    for (const node of state.game.nodes()) node.analysis = null;
    switched();
  });
  $("comment").addEventListener("input", () => {
    const node = state.game.current;
    if (Boolean(node.comment) !== Boolean($("comment").value)) state.game.changes++;
    node.comment = $("comment").value;
    drawStudy();
    keep();
  });
  $("game").addEventListener("change", attempt(
    () => openFile(state.file, Number($("game").value)),
  ));
  $("file").addEventListener("change", attempt(async () => {
    const [file] = $("file").files;
    $("file").value = "";
    if (file) await openFile(file);
  }));
  $("language").addEventListener("change", attempt(() => speak($("language").value, true)));
  $("theme").addEventListener("change", () => setTheme($("theme").value));
  $("new-form").addEventListener("submit", (event) => {
    event.preventDefault();
    startNew();
  });
  const { elements } = $("new-form");
  elements.size.addEventListener("change", () => fillHandicaps($("new-form")));
  for (const name of ["rules", "handicap", "size"]) {
    elements[name].addEventListener("change", () => {
      elements.komi.value = usualKomi(elements.rules.value, Number(elements.handicap.value));
    });
  }
  wireFiles();
}

function wireFiles() {
  document.addEventListener("dragover", (event) => {
    event.preventDefault();
    document.body.classList.add("dropping");
  });
  document.addEventListener("dragleave", (event) => {
    if (!event.relatedTarget) document.body.classList.remove("dropping");
  });
  document.addEventListener("drop", attempt(async (event) => {
    event.preventDefault();
    document.body.classList.remove("dropping");
    const [file] = event.dataTransfer.files;
    const dropped = event.dataTransfer.getData("text/plain");
    if (file) await openFile(file);
    else if (dropped) await openFile(new Blob([dropped]));
  }));
  document.addEventListener("paste", attempt(async (event) => {
    if (event.target.closest?.("input, textarea")) return;
    const pasted = event.clipboardData.getData("text/plain");
    if (pasted.includes("(")) await openFile(new Blob([pasted]));
  }));
}

async function firstGame() {
  const kept = keptGame();
  if (kept) {
    const game = Game.fromData(kept.game);
    await begin(game, null);
    Object.assign(state, { opponent: kept.opponent, id: kept.id });
    draw();
    return;
  }
  if (state.info.file) {
    const blob = await askFile("file");
    await openFile(new File([blob], state.info.file));
    return;
  }
  const chosen = drawLots(choices());
  await begin(newGame(chosen), opponentOf(chosen));
}

async function main() {
  setTheme(localStorage.getItem("gocnn-theme") ?? "");
  $("theme").value = document.documentElement.dataset.theme ?? "";
  $("language").replaceChildren(
    ...Object.entries(LANGUAGES).map(([name, label]) => option(name, label)),
  );
  const shown = JSON.parse(localStorage.getItem("gocnn-shown") ?? "{}");
  $("show-candidates").checked = shown.candidates ?? false;
  $("show-heat").checked = shown.heat ?? false;
  board = new Board($("board"), {
    onPlay: attempt(play),
    onStep: step,
    onTentative: (point) => say(text("tap-again", { point: pointName(point) })),
  });
  tree = new TreeView($("tree"), goTo);
  winCurve = new Curve($("win-curve"), {
    label: "", onSelect: goToIndex,
    describe: (index, value) => text("curve-win", {
      index, win: value === null ? "?" : percent(value),
    }),
  });
  scoreCurve = new Curve($("score-curve"), {
    label: "", onSelect: goToIndex,
    describe: (index, value) => (value === null ? text("curve-unknown", { index })
      : text("curve-score", {
        index, lead: Math.abs(value).toFixed(1), leader: text(value >= 0 ? "black" : "white"),
      })),
  });
  await setLanguage(preferredLanguage());
  await signIn();
  state.info = await ask("info");
  await speak(currentLanguage(), false);
  wire();
  keepAlive(complain);
  await firstGame();
  document.body.dataset.ready = "yes"; // for tests
}

attempt(main)();
