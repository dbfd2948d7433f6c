/**
 * A game tree as a drawing that one can click: moves run to the right, variations below. The
 * drawing is made anew only when the tree's shape has changed.
 */

const SVG = "http://www.w3.org/2000/svg";
const ACROSS = 22; // between two moves
const DOWN = 22; // between two lines

function shape(name, attributes) {
  const element = document.createElementNS(SVG, name);
  for (const [key, value] of Object.entries(attributes)) element.setAttribute(key, value);
  return element;
}

/** The row of every node: its line's, below all that its parent's lines take up. */
function rows(game) {
  const found = new Map();
  const used = []; // by depth: the lowest row so far
  // The main line first; then variations, those that branch off late before those that do early.
  const waiting = [[game.root, 0]];
  while (waiting.length) {
    const [start, parentRow] = waiting.pop();
    const line = [];
    for (let node = start; node; node = node.children[0]) line.push(node);
    let row = start.parent ? parentRow + 1 : 0;
    for (const node of line) row = Math.max(row, (used[node.depth] ?? -1) + 1);
    for (const node of line) {
      found.set(node, row);
      used[node.depth] = row;
      for (const child of node.children.slice(1).reverse()) waiting.push([child, row]);
    }
    // The way down from the parent must stay free, too.
    const above = start.depth - 1;
    if (above >= 0) used[above] = Math.max(used[above] ?? -1, row);
  }
  return found;
}

export class TreeView {
  /**
   * @param {HTMLElement} element a box that scrolls
   * @param {(node: GameNode) => void} onSelect a node was clicked
   */
  constructor(element, onSelect) {
    this.element = element;
    this.onSelect = onSelect;
    this.game = null;
    this.changes = -1;
    element.addEventListener("click", (event) => this.#click(event));
  }

  /** Show a game and where it stands. */
  draw(game) {
    if (game !== this.game || game.changes !== this.changes) this.#build(game);
    this.marker.setAttribute("transform", this.#place(game.current));
    for (const node of this.onPath ?? []) this.circles.get(node)?.classList.remove("on-path");
    this.onPath = game.line();
    for (const node of this.onPath) this.circles.get(node)?.classList.add("on-path");
    this.#scroll(game.current);
  }

  #build(game) {
    this.game = game;
    this.changes = game.changes;
    this.rows = rows(game);
    const nodes = game.nodes();
    const width = Math.max(...nodes.map((node) => node.depth)) + 1;
    const height = Math.max(...this.rows.values()) + 1;
    const svg = shape("svg", {
      width: width * ACROSS, height: height * DOWN, "aria-hidden": "true",
    });
    this.nodes = [];
    this.circles = new Map();
    let ways = "";
    const group = shape("g", {});
    for (const node of nodes) {
      const [x, y] = this.#centre(node);
      if (node.parent) {
        const [px, py] = this.#centre(node.parent);
        ways += y === py ? `M${px} ${py}H${x}` : `M${px} ${py}V${y - DOWN / 2}L${x} ${y}`;
      }
      const kind = !node.move ? "setup" : node.move[0] > 0 ? "black" : "white";
      const circle = shape("circle", {
        cx: x, cy: y, r: 7, class: `tree-node tree-${kind}${node.comment ? " tree-comment" : ""}`,
        "data-node": this.nodes.push(node) - 1,
      });
      this.circles.set(node, circle);
      group.append(circle);
    }
    this.marker = shape("circle", { r: 10, class: "tree-current" });
    svg.append(shape("path", { d: ways, class: "tree-ways" }), group, this.marker);
    this.element.replaceChildren(svg);
  }

  #centre(node) {
    return [(node.depth + 0.5) * ACROSS, (this.rows.get(node) + 0.5) * DOWN];
  }

  #place(node) {
    return `translate(${this.#centre(node).join(" ")})`;
  }

  #scroll(node) {
    const [x, y] = this.#centre(node);
    const { clientWidth, clientHeight } = this.element;
    this.element.scrollTo({ left: x - clientWidth / 2, top: y - clientHeight / 2 });
  }

  #click(event) {
    const at = event.target.closest?.("[data-node]");
    if (at) this.onSelect(this.nodes[Number(at.dataset.node)]);
  }
}
