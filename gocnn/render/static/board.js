/**
 * A Go board as SVG, drawn from plain data. It knows no rules and no server, loads nothing, and has
 * its looks in board.css beside it; several boards may stand on one page.
 *
 *     const board = new Board(element, { onPlay: (point) => ... });
 *     board.draw({ size: 19, stones, last: 72, toMove: -1 });
 *
 * A point is row * size + column, counted from the upper left; black is 1, white -1, empty 0.
 *
 * For the keyboard and for screen readers the board is a grid: Tab enters it, arrows move within it,
 * Enter or space plays, and every point says what stands there.
 *
 * All text is set as text, never as markup.
 */

const SVG = "http://www.w3.org/2000/svg";
const COLUMNS = "ABCDEFGHJKLMNOPQRSTUVWXYZ";
const SMALL_TOUCH = 26; // CSS pixels between lines, below which a tap has to be confirmed
const WHEEL_STEP = 60; // of WheelEvent.deltaY in pixels; a notch of a wheel is 100 to 120

/** What a screen reader says of a point; pass others as `texts`. */
export const BOARD_TEXTS = {
  board: "Go board",
  black: "black stone",
  white: "white stone",
  empty: "empty",
  last: "last move",
  dead: "dead",
  candidate: "candidate",
};

/**
 * The name of a point, such as "Q16"; "pass" for size * size.
 * @param {number} point
 * @param {number} size lines of the board
 * @returns {string}
 */
export function vertexName(point, size) {
  if (point === size * size) return "pass";
  return COLUMNS[point % size] + (size - Math.floor(point / size));
}

/**
 * The points that are marked on a board of this size.
 * @param {number} size
 * @returns {number[]}
 */
export function starPoints(size) {
  if (size < 7) return [];
  const near = size >= 13 ? 3 : 2;
  const ends = [near, size - 1 - near];
  const middle = (size - 1) / 2;
  const points = ends.flatMap((row) => ends.map((column) => row * size + column));
  if (size % 2 === 1 && size > 7) points.push(middle * size + middle);
  if (size % 2 === 1 && size >= 13) {
    for (const end of ends) points.push(middle * size + end, end * size + middle);
  }
  return points;
}

/**
 * An SVG element with attributes and text.
 * @param {string} name
 * @param {Object<string, string|number>} [attributes]
 * @param {string} [text]
 */
function shape(name, attributes = {}, text) {
  const element = document.createElementNS(SVG, name);
  for (const [key, value] of Object.entries(attributes)) element.setAttribute(key, value);
  if (text !== undefined) element.textContent = text;
  return element;
}

let boards = 0; // so that gradients of several boards have names of their own

/**
 * What to draw; all but `size` and `stones` may be left out.
 * @typedef {Object} BoardData
 * @property {number} size lines of the board
 * @property {ArrayLike<number>} stones size * size: black 1, white -1, empty 0
 * @property {number} [toMove] 1 or -1: the stone shown under the pointer; 0 for none
 * @property {?number} [last] the last move, ringed
 * @property {?number} [ko] the point that ko forbids
 * @property {{point: number, text: string, detail?: string, best?: boolean}[]} [candidates]
 *     suggested moves: a letter or a number, and a smaller second line where there is room
 * @property {ArrayLike<number>} [heat] size * size, 0 to 1: the heat map
 * @property {ArrayLike<number>} [ownership] size * size, -1 white's to 1 black's
 * @property {Object<number, string>} [labels] texts on points or stones, such as move numbers
 * @property {Object<number, "circle"|"square"|"triangle"|"cross">} [marks]
 * @property {number[][]} [arrows] pairs of points: from, to
 * @property {number[]} [dead] stones to draw as dead
 * @property {number[]} [next] where variations go on: small rings
 */

export class Board {
  /**
   * @param {HTMLElement} element emptied and filled with the board
   * @param {Object} [options]
   * @param {(point: number) => void} [options.onPlay] a point was clicked, tapped or entered;
   *     without it the board only shows
   * @param {(steps: number) => void} [options.onStep] the wheel was turned: 1 forward, -1 back
   * @param {(point: ?number) => void} [options.onHover] the pointer or the cursor is on a point
   * @param {(point: number) => void} [options.onTentative] a tap on a small board waits for a second
   * @param {boolean} [options.coordinates] letters and numbers around the board; default true
   * @param {Object<string, string>} [options.texts] see BOARD_TEXTS
   */
  constructor(element, options = {}) {
    this.options = { coordinates: true, ...options };
    this.texts = { ...BOARD_TEXTS, ...options.texts };
    this.element = element;
    this.id = `go-board-${++boards}`;
    this.size = 0;
    this.cursor = 0;
    this.tentative = null; // the point of a first tap
    this.pointer = ""; // mouse, touch or pen, of the last press
    this.turned = 0; // what the wheel was turned since the last step
    this.data = null;
    element.classList.add("go-board");
    element.addEventListener("wheel", (event) => this.#wheel(event), { passive: false });
  }

  /** Other words from now on, as after a change of language. */
  setTexts(texts) {
    this.texts = { ...BOARD_TEXTS, ...texts };
    if (this.data) this.draw(this.data);
  }

  /**
   * Draw a position in place of the last one.
   * @param {BoardData} data
   */
  draw(data) {
    if (data.size !== this.size) this.#build(data.size);
    this.data = data;
    this.tentative = null;
    this.#ghost(null);
    this.svg.setAttribute("aria-label", this.texts.board);
    this.#heat(data);
    this.#stones(data);
    this.#notes(data);
    this.#describe(data);
  }

  /** Put the keyboard's cursor on a point, and the focus if `focus` says so. */
  moveCursor(point, focus = false) {
    this.cells[this.cursor].setAttribute("tabindex", "-1");
    this.cursor = point;
    this.cells[point].setAttribute("tabindex", "0");
    if (focus) this.cells[point].focus();
  }

  /** Enter the board by keyboard, where its cursor stands. */
  focus() {
    this.cells[this.cursor].focus();
  }

  // -- what does not change with the position ---------------------------------------------------

  #build(size) {
    const edge = this.options.coordinates ? 1.25 : 0.65;
    const whole = size - 1 + 2 * edge;
    this.size = size;
    this.svg = shape("svg", {
      viewBox: `${-edge} ${-edge} ${whole} ${whole}`,
      role: "grid",
      "aria-rowcount": size,
      "aria-colcount": size,
    });
    this.svg.append(this.#gradients(), this.#wood(size, edge, whole));
    this.layers = {};
    for (const name of ["heat", "stones", "notes", "ghost"]) {
      this.layers[name] = shape("g", { class: `go-${name}`, "aria-hidden": "true" });
      this.svg.append(this.layers[name]);
    }
    this.svg.append(this.#grid(size));
    this.svg.addEventListener("pointermove", (event) => this.#hover(event));
    this.svg.addEventListener("pointerleave", () => this.#hover(null));
    this.svg.addEventListener("pointerdown", (event) => { this.pointer = event.pointerType; });
    // A mouse never puts the focus on a point, so that arrow keys go on stepping through the game.
    this.svg.addEventListener("mousedown", (event) => {
      event.preventDefault();
      document.activeElement?.blur();
    });
    this.svg.addEventListener("click", (event) => this.#click(event));
    this.svg.addEventListener("keydown", (event) => this.#key(event));
    this.element.replaceChildren(this.svg);
    this.cursor = Math.floor((size * size) / 2);
    this.moveCursor(this.cursor);
  }

  #gradients() {
    const defs = shape("defs");
    for (const name of ["black", "white"]) {
      const gradient = shape("radialGradient", {
        id: `${this.id}-${name}`, cx: 0.36, cy: 0.32, r: 0.75,
      });
      gradient.append(
        shape("stop", { offset: "0%", class: `go-${name}-light` }),
        shape("stop", { offset: "100%", class: `go-${name}-dark` }),
      );
      defs.append(gradient);
    }
    const marker = shape("marker", {
      id: `${this.id}-arrow`, viewBox: "0 0 6 6", refX: 4, refY: 3, markerWidth: 3.4,
      markerHeight: 3.4, orient: "auto",
    });
    marker.append(shape("path", { d: "M0 0L6 3L0 6z", class: "go-arrow-head" }));
    defs.append(marker);
    return defs;
  }

  #wood(size, edge, whole) {
    const wood = shape("g", { "aria-hidden": "true" });
    wood.append(shape("rect", {
      x: -edge, y: -edge, width: whole, height: whole, rx: 0.15, class: "go-wood",
    }));
    let lines = "";
    for (let k = 0; k < size; k++) lines += `M0 ${k}H${size - 1}M${k} 0V${size - 1}`;
    wood.append(shape("path", { d: lines, class: "go-lines" }));
    for (const point of starPoints(size)) {
      wood.append(shape("circle", { ...this.#centre(point), r: 0.11, class: "go-star" }));
    }
    if (this.options.coordinates) {
      for (let k = 0; k < size; k++) {
        for (const side of [-0.85, size - 0.15]) {
          wood.append(
            shape("text", { x: k, y: side + 0.15, class: "go-coordinate" }, COLUMNS[k]),
            shape("text", { x: side, y: k + 0.15, class: "go-coordinate" }, String(size - k)),
          );
        }
      }
    }
    return wood;
  }

  /** The points as a grid of cells, invisible but for the focus. */
  #grid(size) {
    const grid = shape("g", { class: "go-cells", role: "presentation" });
    this.cells = [];
    for (let row = 0; row < size; row++) {
      const line = shape("g", { role: "row", "aria-rowindex": row + 1 });
      for (let column = 0; column < size; column++) {
        const cell = shape("rect", {
          x: column - 0.5, y: row - 0.5, width: 1, height: 1, role: "gridcell", tabindex: -1,
          "aria-colindex": column + 1,
        });
        this.cells.push(cell);
        line.append(cell);
      }
      grid.append(line);
    }
    return grid;
  }

  #centre(point) {
    return { cx: point % this.size, cy: Math.floor(point / this.size) };
  }

  // -- what changes -----------------------------------------------------------------------------

  #heat({ size, heat, ownership }) {
    const shapes = [];
    for (let point = 0; point < size * size; point++) {
      const [x, y] = [point % size, Math.floor(point / size)];
      if (heat && heat[point] > 0.001) {
        const warmth = Math.sqrt(heat[point]).toFixed(3); // so that a few percent can be seen
        shapes.push(shape("rect", {
          x: x - 0.5, y: y - 0.5, width: 1, height: 1, class: "go-warm", opacity: warmth,
        }));
      }
      const owner = ownership ? ownership[point] : 0;
      if (Math.abs(owner) > 0.1) {
        const side = 0.42 * Math.sqrt(Math.abs(owner));
        shapes.push(shape("rect", {
          x: x - side / 2, y: y - side / 2, width: side, height: side,
          class: owner > 0 ? "go-owner-black" : "go-owner-white",
        }));
      }
    }
    // Ownership is drawn over the stones, heat below them.
    const below = shapes.filter((s) => s.classList.contains("go-warm"));
    this.owners = shapes.filter((s) => !s.classList.contains("go-warm"));
    this.layers.heat.replaceChildren(...below);
  }

  #stone(point, colour, extra = "") {
    const name = colour > 0 ? "black" : "white";
    return shape("circle", {
      ...this.#centre(point), r: 0.48, class: `go-stone go-${name} ${extra}`,
      fill: `url(#${this.id}-${name})`,
    });
  }

  #stones({ size, stones, dead, last, ko, next }) {
    const fallen = new Set(dead);
    const shapes = [];
    for (let point = 0; point < size * size; point++) {
      if (!stones[point]) continue;
      shapes.push(this.#stone(point, stones[point], fallen.has(point) ? "go-dead" : ""));
      if (fallen.has(point)) {
        shapes.push(this.#mark("cross", point, stones[point]));
      }
    }
    if (last !== undefined && last !== null && last < size * size) {
      const on = stones[last] > 0 ? "go-on-black" : "go-on-white";
      shapes.push(shape("circle", { ...this.#centre(last), r: 0.25, class: `go-last ${on}` }));
    }
    if (ko !== undefined && ko !== null) shapes.push(this.#mark("square", ko, 0));
    for (const point of next ?? []) {
      if (!stones[point]) {
        shapes.push(shape("circle", { ...this.#centre(point), r: 0.36, class: "go-next" }));
      }
    }
    this.layers.stones.replaceChildren(...shapes);
  }

  #notes({ size, stones, candidates, labels, marks, arrows }) {
    const shapes = [...this.owners];
    for (const { point, text, detail, best } of candidates ?? []) {
      if (point >= size * size) continue;
      const [x, y] = [point % size, Math.floor(point / size)];
      const group = shape("g", { class: `go-candidate${best ? " go-best" : ""}` });
      group.append(shape("circle", { cx: x, cy: y, r: 0.47 }));
      group.append(shape("text", { x, y: y + 0.18, class: detail ? "go-with-detail" : "" }, text));
      if (detail) group.append(shape("text", { x, y: y + 0.3, class: "go-detail" }, detail));
      shapes.push(group);
    }
    for (const [key, mark] of Object.entries(marks ?? {})) {
      shapes.push(this.#mark(mark, Number(key), stones[key]));
    }
    for (const [key, text] of Object.entries(labels ?? {})) {
      shapes.push(...this.#label(Number(key), String(text), stones[key]));
    }
    for (const [from, to] of arrows ?? []) {
      const [start, end] = [this.#centre(from), this.#centre(to)];
      shapes.push(shape("line", {
        x1: start.cx, y1: start.cy, x2: end.cx, y2: end.cy, class: "go-arrow",
        "marker-end": `url(#${this.id}-arrow)`,
      }));
    }
    this.layers.notes.replaceChildren(...shapes);
  }

  #label(point, text, stone) {
    const { cx, cy } = this.#centre(point);
    const on = stone > 0 ? "go-on-black" : stone < 0 ? "go-on-white" : "go-on-wood";
    const length = Math.min([...text].length, 3);
    const shapes = stone ? [] : [shape("circle", { cx, cy, r: 0.42, class: "go-clearing" })];
    shapes.push(shape(
      "text", { x: cx, y: cy + 0.2, class: `go-label go-label-${length} ${on}` }, text,
    ));
    return shapes;
  }

  #mark(kind, point, stone) {
    const { cx, cy } = this.#centre(point);
    const on = stone > 0 ? "go-on-black" : stone < 0 ? "go-on-white" : "go-on-wood";
    const paths = {
      cross: `M${cx - 0.2} ${cy - 0.2}l.4 .4m0 -.4l-.4 .4`,
      square: `M${cx - 0.2} ${cy - 0.2}h.4v.4h-.4z`,
      triangle: `M${cx} ${cy - 0.28}l.26 .44h-.52z`,
      circle: `M${cx - 0.24} ${cy}a.24 .24 0 1 0 .48 0a.24 .24 0 1 0 -.48 0`,
    };
    return shape("path", { d: paths[kind] ?? paths.circle, class: `go-mark ${on}` });
  }

  #describe({ size, stones, last, dead, candidates }) {
    const fallen = new Set(dead);
    const proposed = new Map((candidates ?? []).map((c) => [c.point, c]));
    for (let point = 0; point < size * size; point++) {
      const { black, white, empty } = this.texts;
      const words = [
        vertexName(point, size), stones[point] > 0 ? black : stones[point] < 0 ? white : empty,
      ];
      if (fallen.has(point)) words.push(this.texts.dead);
      if (point === last) words.push(this.texts.last);
      const candidate = proposed.get(point);
      if (candidate) {
        words.push(`${this.texts.candidate} ${candidate.text} ${candidate.detail ?? ""}`.trim());
      }
      const label = words.join(", ");
      if (this.cells[point].getAttribute("aria-label") !== label) {
        this.cells[point].setAttribute("aria-label", label);
      }
    }
  }

  /** The stone that a click would play, or a wish for one. */
  #ghost(point) {
    const layer = this.layers.ghost;
    if (point === null || !this.options.onPlay || !this.data?.toMove || this.data.stones[point]) {
      layer.replaceChildren();
      return;
    }
    const shapes = [this.#stone(point, this.data.toMove)];
    if (point === this.tentative) {
      const { cx, cy } = this.#centre(point);
      shapes.push(shape("path", {
        d: `M0 ${cy}H${this.size - 1}M${cx} 0V${this.size - 1}`, class: "go-crosshair",
      }));
    }
    layer.replaceChildren(...shapes);
  }

  // -- pointer, wheel and keys ------------------------------------------------------------------

  #at(event) {
    const matrix = this.svg.getScreenCTM();
    if (!matrix) return null;
    const { x, y } = new DOMPoint(event.clientX, event.clientY).matrixTransform(matrix.inverse());
    const [column, row] = [Math.round(x), Math.round(y)];
    const inside = column >= 0 && row >= 0 && column < this.size && row < this.size;
    return inside ? row * this.size + column : null;
  }

  #hover(event) {
    if (event && event.pointerType === "touch") return; // a tap is no hover
    const point = event ? this.#at(event) : null;
    if (this.tentative === null) this.#ghost(point);
    this.options.onHover?.(point);
  }

  #click(event) {
    const point = this.#at(event);
    if (point === null || !this.options.onPlay) return;
    const apart = this.svg.getScreenCTM().a;
    const empty = !this.data?.stones[point];
    const doubtful = this.pointer === "touch" && apart < SMALL_TOUCH && empty;
    if (doubtful && this.data?.toMove && point !== this.tentative) {
      this.tentative = point;
      this.#ghost(point);
      this.options.onTentative?.(point);
      return;
    }
    this.tentative = null;
    this.moveCursor(point);
    this.options.onPlay(point);
  }

  #wheel(event) {
    if (!this.options.onStep || event.ctrlKey) return; // with ctrl the browser zooms
    event.preventDefault();
    const lines = event.deltaMode === WheelEvent.DOM_DELTA_PIXEL ? 1 : WHEEL_STEP;
    this.turned += event.deltaY * lines;
    const steps = Math.trunc(this.turned / WHEEL_STEP);
    if (steps === 0) return;
    this.turned = 0;
    this.options.onStep(Math.sign(steps));
  }

  #key(event) {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const [row, column] = [Math.floor(this.cursor / this.size), this.cursor % this.size];
    const most = this.size - 1;
    const moves = {
      ArrowLeft: [row, Math.max(column - 1, 0)],
      ArrowRight: [row, Math.min(column + 1, most)],
      ArrowUp: [Math.max(row - 1, 0), column],
      ArrowDown: [Math.min(row + 1, most), column],
    };
    if (event.key in moves) {
      const [toRow, toColumn] = moves[event.key];
      this.moveCursor(toRow * this.size + toColumn, true);
      this.options.onHover?.(this.cursor);
    } else if (event.key === "Enter" || event.key === " ") {
      this.options.onPlay?.(this.cursor);
    } else {
      return;
    }
    event.preventDefault();
    event.stopPropagation();
  }
}
