/**
 * A curve over the moves of a game, such as the win rate or the score, that one can click. It knows
 * no server, loads nothing, and has its looks in board.css.
 *
 *     const curve = new Curve(element, { label: "Win rate", onSelect: (index) => ... });
 *     curve.draw({ values: [0.5, 0.52, null, 0.6], low: 0, high: 1, middle: 0.5, current: 2 });
 *
 * For the keyboard and for screen readers it is a slider over the moves.
 */

const CURVE_SVG = "http://www.w3.org/2000/svg";
const CURVE_HEIGHT = 100; // of the drawing; its width is a unit for each step between two values

/**
 * What to draw; all but `values` may be left out.
 * @typedef {Object} CurveData
 * @property {(?number)[]} values one for each position, from before the first move on; null where
 *     it is not known
 * @property {number} [low] value at the bottom; default: the least, or 0
 * @property {number} [high] value at the top
 * @property {number} [middle] where a line is drawn, and what the area is drawn from
 * @property {number} [current] index that is shown now
 * @property {{index: number, kind?: "good"|"bad"|"note"}[]} [marks] moments to point out
 * @property {string[]} [scale] what to write at top, middle and bottom
 */

export class Curve {
  /**
   * @param {HTMLElement} element emptied and filled with the curve
   * @param {Object} options
   * @param {string} options.label what the curve shows
   * @param {(index: number) => void} [options.onSelect] a place was clicked, or chosen by keyboard
   * @param {(index: number, value: ?number) => string} [options.describe] what a screen reader says,
   *     and the pointer shows
   */
  constructor(element, options) {
    this.options = options;
    this.element = element;
    this.data = null;
    element.classList.add("go-curve");
    element.setAttribute("role", "slider");
    element.setAttribute("tabindex", "0");
    element.setAttribute("aria-valuemin", "0");
    element.addEventListener("pointerdown", (event) => this.#point(event));
    element.addEventListener("pointermove", (event) => {
      if (event.buttons & 1) this.#point(event);
      else this.#hint(event);
    });
    element.addEventListener("keydown", (event) => this.#key(event));
    this.setLabel(options.label);
  }

  /** Another name, as after a change of language. */
  setLabel(label) {
    this.options.label = label;
    this.element.setAttribute("aria-label", label);
    if (this.data) this.draw(this.data);
  }

  /**
   * Draw values in place of the last ones.
   * @param {CurveData} data
   */
  draw(data) {
    this.data = data;
    const { values, marks = [], scale = [], current = 0 } = data;
    const known = values.filter((value) => value !== null && value !== undefined);
    this.low = data.low ?? Math.min(0, ...known);
    this.high = data.high ?? Math.max(1, ...known);
    const last = Math.max(values.length - 1, 1);
    const svg = this.#shape("svg", {
      viewBox: `0 0 ${last} ${CURVE_HEIGHT}`, preserveAspectRatio: "none", "aria-hidden": "true",
    });
    const middle = this.#y(data.middle ?? this.low);
    for (const run of this.#runs(values)) {
      const path = run.map(([x, y]) => `${x} ${y}`).join("L");
      const [first, end] = [run[0][0], run[run.length - 1][0]];
      svg.append(
        this.#shape("path", {
          d: `M${first} ${middle}L${path}L${end} ${middle}z`, class: "go-curve-area",
        }),
        this.#shape("path", { d: `M${path}`, class: "go-curve-line" }),
      );
    }
    if (data.middle !== undefined) {
      svg.append(this.#shape("path", { d: `M0 ${middle}H${last}`, class: "go-curve-middle" }));
    }
    for (const { index, kind = "note" } of marks) {
      const y = this.#y(values[index] ?? data.middle ?? this.low);
      // A line of no length with round ends: a dot that the stretched drawing leaves round.
      svg.append(this.#shape("path", {
        d: `M${index} ${y}h0`, class: `go-curve-mark go-curve-${kind}`,
      }));
    }
    svg.append(this.#shape("path", {
      d: `M${current} 0V${CURVE_HEIGHT}`, class: "go-curve-current",
    }));
    const words = scale.map((text, place) => {
      const span = document.createElement("span");
      span.className = `go-curve-scale go-curve-scale-${place}`;
      span.textContent = text;
      span.setAttribute("aria-hidden", "true");
      return span;
    });
    this.element.replaceChildren(svg, ...words);
    this.element.setAttribute("aria-valuemax", String(values.length - 1));
    this.element.setAttribute("aria-valuenow", String(current));
    this.element.setAttribute("aria-valuetext", this.#words(current));
  }

  #shape(name, attributes) {
    const element = document.createElementNS(CURVE_SVG, name);
    for (const [key, value] of Object.entries(attributes)) element.setAttribute(key, value);
    return element;
  }

  #y(value) {
    const share = (value - this.low) / (this.high - this.low || 1);
    return CURVE_HEIGHT * (1 - Math.min(Math.max(share, 0), 1));
  }

  /** The stretches of values that are known, as points of the drawing. */
  #runs(values) {
    const runs = [];
    let run = [];
    values.forEach((value, index) => {
      if (value === null || value === undefined) {
        if (run.length) runs.push(run);
        run = [];
      } else {
        run.push([index, this.#y(value)]);
      }
    });
    if (run.length) runs.push(run);
    return runs;
  }

  #words(index) {
    const value = this.data.values[index] ?? null;
    if (this.options.describe) return this.options.describe(index, value);
    return value === null ? String(index) : `${index}: ${value.toFixed(2)}`;
  }

  #index(event) {
    const box = this.element.getBoundingClientRect();
    const share = (event.clientX - box.left) / (box.width || 1);
    const last = this.data.values.length - 1;
    return Math.min(Math.max(Math.round(share * last), 0), last);
  }

  #point(event) {
    if (this.data && event.button <= 0) this.options.onSelect?.(this.#index(event));
  }

  #hint(event) {
    if (this.data) this.element.title = this.#words(this.#index(event));
  }

  #key(event) {
    if (!this.data || event.ctrlKey || event.metaKey || event.altKey) return;
    const last = this.data.values.length - 1;
    const at = this.data.current ?? 0;
    const steps = {
      ArrowLeft: at - 1, ArrowDown: at - 1, ArrowRight: at + 1, ArrowUp: at + 1,
      PageDown: at - 10, PageUp: at + 10, Home: 0, End: last,
    };
    if (!(event.key in steps)) return;
    event.preventDefault();
    event.stopPropagation();
    this.options.onSelect?.(Math.min(Math.max(steps[event.key], 0), last));
  }
}
