/**
 * A game with its variations, as plain data: nodes know their parent, their children and the step
 * that leads to them. It knows no rules: what stands on the board after a step comes from the
 * server, and is kept at the node as `board`.
 *
 * A step is a move [colour, point], or a set-up {black, white, empty, to_move}; black is 1 and white
 * -1, and a point of size * size is a pass.
 */

/** One position of a game. */
export class GameNode {
  constructor(parent, step = null) {
    this.parent = parent;
    this.step = step;
    this.children = [];
    this.followed = 0; // the child that stepping forward goes to
    this.comment = "";
    this.properties = {}; // further SGF properties, raw
    this.labels = {};
    this.marks = {};
    this.board = null; // as the server describes it
    this.value = null; // black's win rate and lead: {win, lead}
    this.analysis = null; // candidates and heat map
    this.depth = parent ? parent.depth + 1 : 0;
  }

  /** The move that leads here, [colour, point], or null. */
  get move() {
    return Array.isArray(this.step) ? this.step : null;
  }

  /** How many moves have been played. */
  get moves() {
    let count = 0;
    for (let node = this; node; node = node.parent) count += node.move ? 1 : 0;
    return count;
  }
}

export class Game {
  /**
   * @param {Object} header
   * @param {number} header.size
   * @param {number} header.komi
   * @param {string} header.rules
   * @param {number} [header.handicap]
   * @param {Object<string, string>} [header.info] names, result and so on, by SGF property
   */
  constructor({ size, komi, rules, handicap = 0, info = {} }) {
    Object.assign(this, { size, komi, rules, handicap, info: { ...info } });
    this.root = new GameNode(null);
    this.current = this.root;
    this.changes = 0; // of the tree's shape, so that a drawing knows when to start anew
  }

  /** A game as the server opens it, or as `toData` gave it. */
  static fromData(data) {
    const game = new Game(data);
    const nodes = [];
    for (const item of data.nodes) {
      const parent = nodes.length ? nodes[item.parent] : null;
      const node = parent ? new GameNode(parent, item.step ?? null) : game.root;
      if (parent) parent.children.push(node);
      else node.step = item.step ?? null;
      node.comment = item.comment ?? "";
      node.properties = item.properties ?? {};
      node.labels = item.labels ?? {};
      node.marks = item.marks ?? {};
      node.value = item.value ?? null;
      nodes.push(node);
    }
    game.current = nodes[data.current ?? 0] ?? game.root;
    game.follow(game.current);
    return game;
  }

  /** Plain data for the server, and for keeping the game while the page is loaded anew. */
  toData() {
    const order = this.nodes();
    const index = new Map(order.map((node, number) => [node, number]));
    const nodes = order.map((node) => {
      const item = { parent: node.parent ? index.get(node.parent) : -1, step: node.step };
      if (node.comment) item.comment = node.comment;
      if (Object.keys(node.properties).length) item.properties = node.properties;
      if (Object.keys(node.labels).length) item.labels = node.labels;
      if (Object.keys(node.marks).length) item.marks = node.marks;
      if (node.value) item.value = node.value;
      return item;
    });
    const { size, komi, rules, handicap, info } = this;
    return { size, komi, rules, handicap, info, nodes, current: index.get(this.current) };
  }

  /** All nodes, each before its children, and the first child's descendants before the next. */
  nodes() {
    const found = [];
    const waiting = [this.root];
    while (waiting.length) {
      const node = waiting.pop();
      found.push(node);
      waiting.push(...node.children.toReversed());
    }
    return found;
  }

  /** The nodes from the root to one, both included. */
  path(node = this.current) {
    const found = [];
    for (let at = node; at; at = at.parent) found.push(at);
    return found.reverse();
  }

  /** The path to the current node and on from it, to the end of the line that is followed. */
  line() {
    const found = this.path();
    let node = this.current;
    while (node.children.length) {
      node = node.children[node.followed] ?? node.children[0];
      found.push(node);
    }
    return found;
  }

  /** What the server is asked about: the game up to a node. */
  request(node = this.current) {
    const steps = this.path(node).filter((each) => each.step).map((each) => each.step);
    const { size, komi, rules, handicap } = this;
    return { size, komi, rules, handicap, steps };
  }

  /** The child that a step leads to; made where there is none yet. */
  add(step, node = this.current) {
    const same = node.children.find((child) => child.move && Array.isArray(step)
      && child.move[0] === step[0] && child.move[1] === step[1]);
    if (same) return same;
    const child = new GameNode(node, step);
    node.children.push(child);
    this.changes++;
    return child;
  }

  /** Go to a node; stepping back and forward stays on its line. */
  goTo(node) {
    this.current = node;
    this.follow(node);
  }

  /** Let stepping forward come to a node. */
  follow(node) {
    for (let at = node; at.parent; at = at.parent) {
      at.parent.followed = at.parent.children.indexOf(at);
    }
  }

  /** Step forward, or back where the number is negative, as far as there are nodes. */
  step(count) {
    let node = this.current;
    for (let left = Math.abs(count); left > 0; left--) {
      const next = count < 0 ? node.parent : node.children[node.followed] ?? node.children[0];
      if (!next) break;
      node = next;
    }
    this.goTo(node);
  }

  /** The other variation before or after this one; the node itself where there is none. */
  sibling(offset) {
    // From within a variation, the branch that it came from.
    let node = this.current;
    while (node.parent && node.parent.children.length < 2) node = node.parent;
    if (!node.parent) return this.current;
    const { children } = node.parent;
    return children[(children.indexOf(node) + offset + children.length) % children.length];
  }

  /** Take a node and all that follows out of the tree; the root stays. */
  remove(node) {
    if (!node.parent) return;
    const { parent } = node;
    parent.children.splice(parent.children.indexOf(node), 1);
    parent.followed = 0;
    this.changes++;
    this.goTo(parent);
  }

  /** Make the line to a node the main one. */
  promote(node) {
    for (let at = node; at.parent; at = at.parent) {
      const { children } = at.parent;
      children.splice(children.indexOf(at), 1);
      children.unshift(at);
      at.parent.followed = 0;
    }
    this.changes++;
  }

  /** Whether two passes have ended the game at a node. */
  ended(node = this.current) {
    const pass = this.size * this.size;
    return node.move?.[1] === pass && node.parent?.move?.[1] === pass;
  }
}
