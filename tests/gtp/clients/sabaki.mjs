// Drives a GTP engine as the Go program Sabaki does, with Sabaki's own libraries:
//     node sabaki.mjs ENGINE [ARGUMENT...]
// @sabaki/gtp talks and keeps the engine in step, @sabaki/go-board checks every move and
// @sabaki/sgf reads what the engine saves. One line for each thing tried; the exit status is 1
// when one went wrong.

import assert from "node:assert/strict";
import { setTimeout as sleep } from "node:timers/promises";
import GoBoard from "@sabaki/go-board";
import { Controller, ControllerStateTracker } from "@sabaki/gtp";
import sgf from "@sabaki/sgf";

const [engine, ...engineArguments] = process.argv.slice(2);
assert(engine, "usage: node sabaki.mjs ENGINE [ARGUMENT...]");
const SIZE = 9;
const SIGNS = { B: 1, W: -1 };
const STRICT = { preventOverwrite: true, preventSuicide: true, preventKo: true };
const OPENING = ["B E5", "W C3", "B G7", "W G3", "B C7", "W D6"];

const controller = new Controller(engine, engineArguments);
const tracker = new ControllerStateTracker(controller);
const trouble = [];
controller.on("stderr", ({ content }) => trouble.push(content));
controller.on("response-received", ({ command, response }) => {
  if (response.content.startsWith("internal error")) trouble.push(command.name, response.content);
});

const ask = (name, ...args) => controller.sendCommand({ name, args });

async function answer(name, ...args) {
  const { error, content } = await ask(name, ...args);
  assert(!error, `${name} ${args.join(" ")}: ${content}`);
  return content;
}

// Sabaki's sync: end what is under way by a harmless command, then komi, size and history.
async function sync(history, komi = 7.5, size = SIZE) {
  if (controller.busy) ask("protocol_version");
  await tracker.sync({ komi, boardsize: [size, size], history });
}

const play = (move) => ({ name: "play", args: move.split(" ") });

// A move by the rules of go-board, which throws where they forbid it.
function moved(board, colour, vertex) {
  if (vertex.toUpperCase() === "PASS") return board;
  const point = board.parseVertex(vertex);
  assert(board.has(point), `${vertex} is no point`);
  return board.makeMove(SIGNS[colour], point, STRICT);
}

const boardAfter = (moves, size = SIZE) =>
  moves.reduce((board, move) => moved(board, ...move.split(" ")), GoBoard.fromDimensions(size));

async function assertBoard(board) {
  const stones = { B: [], W: [] };
  board.signMap.forEach((row, y) =>
    row.forEach((sign, x) => sign && stones[sign > 0 ? "B" : "W"].push(board.stringifyVertex([x, y]))),
  );
  for (const colour of ["B", "W"]) {
    const told = (await answer("list_stones", colour)).split(" ").filter(Boolean);
    assert.deepEqual(told.sort(), stones[colour].sort());
  }
}

// What Sabaki reads from a line of analysis.
function variations(line) {
  return line.split(/\s*info\s+/).slice(1).map((text) => {
    const found = text.match(/^(.*) pv ((?:pass|[A-Za-z]\d+)(?:\s+(?:pass|[A-Za-z]\d+))*)\s*/);
    assert(found, `no variation: ${text}`);
    const words = found[1].split(/\s+/);
    assert.equal(words.length % 2, 0, `keys without values: ${found[1]}`);
    const entries = words.flatMap((key, i) => (i % 2 ? [] : [[key, words[i + 1]]]));
    return { ...Object.fromEntries(entries), pv: found[2].split(/\s+/) };
  });
}

function assertAnalysis(line, board, colour, float) {
  const told = variations(line);
  assert(told.length > 0);
  told.forEach((variation, order) => {
    const { move, visits, winrate, prior, pv } = variation;
    assert.equal(Number(variation.order), order);
    assert.equal(pv[0], move);
    assert(Number(visits) >= 1 && Number.isInteger(Number(visits)));
    assert.equal(winrate.includes("."), float, `winrate ${winrate}`);
    for (const share of [winrate, prior]) assert(share >= 0 && share <= (float ? 1 : 10000));
    pv.reduce(([now, side], vertex) => [moved(now, side, vertex), side === "B" ? "W" : "B"], [
      board,
      colour,
    ]);
  });
  if (!line.includes("ownership")) return;
  const owners = line.split("ownership")[1].trim().split(/\s+/).map(Number);
  assert.equal(owners.length, board.width * board.height);
  assert(owners.every((owner) => owner >= -1 && owner <= 1));
}

async function wholeGame(command, args) {
  let board = GoBoard.fromDimensions(SIZE);
  const history = [];
  let last = "";
  for (let colour = "B"; ; colour = colour === "B" ? "W" : "B") {
    await sync(history);
    const lines = [];
    const response = await controller.sendCommand(
      { name: command, args: [colour, ...args] },
      ({ line }) => lines.push(line),
    );
    assert(!response.error, response.content);
    let vertex = response.content;
    if (command !== "genmove") {
      const analyses = lines.filter((line) => line.startsWith("info "));
      analyses.forEach((line) => assertAnalysis(line, board, colour, command.startsWith("kata")));
      vertex = response.content.match(/^play (\S+)$/m)[1];
      assert(analyses.length, "no analysis before the move");
    }
    if (vertex === "resign") break;
    board = moved(board, colour, vertex);
    history.push(play(`${colour} ${vertex}`));
    const passed = vertex.toUpperCase() === "PASS";
    if ((passed && last === "PASS") || history.length > 3 * SIZE * SIZE) break;
    last = vertex.toUpperCase();
  }
  await assertBoard(board);
  assert(history.length < 3 * SIZE * SIZE, "the game does not end");
  const [root] = sgf.parse(await answer("printsgf"));
  assert.equal(Number(root.data.SZ[0]), SIZE);
  const saved = [];
  for (let node = root.children[0]; node; [node] = node.children) {
    const colour = node.data.B ? "B" : "W";
    const point = sgf.parseVertex(node.data[colour][0]);
    saved.push(`${colour} ${board.has(point) ? board.stringifyVertex(point) : "PASS"}`);
  }
  assert.deepEqual(saved, history.map(({ args: move }) => move.join(" ").replace(/pass/i, "PASS")));
  assert.match(await answer("final_score"), /^([BW]\+[\d.]+|0)$/);
  return `${history.length} moves, ${last === "PASS" ? await answer("final_score") : "resigned"}`;
}

// Lines must come while it runs, none once the next command is answered.
async function interrupted(command, args, float) {
  const delays = [];
  for (const length of [6, 4, 5]) {
    const moves = OPENING.slice(0, length);
    await sync(moves.map(play));
    const colour = length % 2 ? "W" : "B";
    const lines = [];
    const running = controller.sendCommand(
      { name: command, args: [colour, ...args] },
      ({ line }) => lines.push(line),
    );
    for (let wait = 0; lines.length < 4; wait++) {
      assert(wait < 1200, `only ${lines.length} lines of analysis came`);
      await sleep(50);
    }
    assert(controller.busy);
    const asked = performance.now();
    const [, version] = await Promise.all([running, ask("protocol_version")]);
    delays.push(performance.now() - asked);
    assert.equal(version.content, "2");
    const count = lines.length;
    await sleep(150);
    assert.equal(lines.length, count, "lines came after the end");
    const told = lines.filter((line) => line.startsWith("info "));
    told.forEach((line) => assertAnalysis(line, boardAfter(moves), colour, float));
  }
  return `the next command was answered after ${delays.map((ms) => ms.toFixed(0)).join(", ")} ms`;
}

const attempts = {
  "starts, asked four things at once": async () => {
    controller.start();
    const names = ["name", "version", "protocol_version", "list_commands"];
    const [name, version, protocol, list] = await Promise.all(names.map((each) => answer(each)));
    assert.equal(protocol, "2");
    const listed = list.split("\n");
    for (const each of [...names, "undo", "set_free_handicap"]) assert(listed.includes(each));
    const sought = ["genmove_analyze", "kata-genmove_analyze", "lz-genmove_analyze"];
    const found = sought.find((each) => listed.includes(each));
    return `${name} ${version}, ${listed.length} commands, Sabaki plays by ${found}`;
  },
  "follows back and forth through variations": async () => {
    for (const moves of [OPENING, OPENING.slice(0, 5), [...OPENING.slice(0, 4), "B D3", "W D4"]]) {
      await sync(moves.map(play));
      await assertBoard(boardAfter(moves));
    }
    await sync(OPENING.map(play), 0.5, 13);
    assert.equal(await answer("get_komi"), "0.5");
    await assertBoard(boardAfter(OPENING, 13));
  },
  "takes a handicap": async () => {
    const stones = ["C3", "G7", "C7"];
    await sync([{ name: "set_free_handicap", args: stones }, play("W E5")]);
    await assertBoard(boardAfter([...stones.map((vertex) => `B ${vertex}`), "W E5"]));
    assert.equal(await answer("get_handicap"), "3");
  },
  "refuses what is illegal, and goes on": async () => {
    await assert.rejects(sync([play("B E5"), play("W E5")]));
    assert((await ask("genmove", "purple")).error);
    await sync([]);
    await assertBoard(GoBoard.fromDimensions(SIZE));
  },
  "plays a whole game by genmove": () => wholeGame("genmove", []),
  "plays a whole game by genmove_analyze": () => wholeGame("genmove_analyze", ["50"]),
  "plays a whole game by kata-genmove_analyze": () => wholeGame("kata-genmove_analyze", ["50"]),
  "stops analyze": () => interrupted("analyze", ["10"], false),
  "stops lz-analyze": () => interrupted("lz-analyze", ["10"], false),
  "stops kata-analyze with ownership": () => interrupted("kata-analyze", ["10", "ownership", "true"], true),
  "is synced in the middle of an analysis": async () => {
    await sync(OPENING.map(play));
    const running = ask("analyze", "B", "10");
    await sleep(200);
    await Promise.all([running, sync(OPENING.slice(0, 2).map(play))]);
    await assertBoard(boardAfter(OPENING.slice(0, 2)));
  },
  "quits": async () => {
    const stopped = new Promise((resolve) => controller.once("stopped", resolve));
    await controller.stop(5000);
    assert.deepEqual(await stopped, { signal: 0 });
  },
};

let failed = 0;
for (const [name, attempt] of Object.entries(attempts)) {
  const began = performance.now();
  try {
    const told = await attempt();
    const seconds = ((performance.now() - began) / 1000).toFixed(1);
    console.log(`ok    ${name} (${seconds} s)${told ? `: ${told}` : ""}`);
  } catch (error) {
    failed++;
    console.log(`FAIL  ${name}: ${error.message}`);
  }
}
if (trouble.some((line) => /internal error|Traceback/.test(line))) {
  failed++;
  console.log(`FAIL  the engine is in trouble:\n${trouble.join("\n")}`);
}
console.log(failed ? `${failed} failed` : "all is well");
process.exit(failed ? 1 : 0);
