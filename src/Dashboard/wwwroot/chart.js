import { h, setAttribute, setText } from './dom.js';
import { Reader } from './reader.js';
import { distance, highest, linear, logTicks, smooth, ticks, wholeTicks } from './scale.js';
import * as format from './format.js';

const margin = { top: 10, right: 14, bottom: 26, left: 56 };

/**
 * Curves over steps or time, one for each run, with axes, a read-out and a table. Takes
 * { label, xs, ys, lows, highs, marks: [{ x, y }], color } for each run; lows and highs may be missing.
 */
export class Chart {
  /** @param options title, unit, height, format(y), fromZero, robust: whether a few values that are far too high may leave the axis */
  constructor(options) {
    Object.assign(this, { height: 220, fromZero: false, robust: false, ...options });
    this.series = [];
    this.svg = h('svg', { 'aria-hidden': 'true', class: 'plot' });
    this.tip = h('div', { class: 'tip', hidden: true });
    this.area = h('div', { class: 'plot-area', 'aria-label': `${this.title} ${this.unit}` }, this.svg, this.tip);
    this.empty = h('p', { class: 'plot-empty' }, 'No step yet');
    this.rows = h('tbody');
    this.head = h('tr');
    this.table = h('details', { class: 'table-of', toggle: () => this.fillTable() },
      h('summary', {}, `${this.title} as a table`),
      h('div', { class: 'scroll', tabindex: '0', role: 'region', 'aria-label': `${this.title} as a table` },
        h('table', {}, h('caption', { class: 'unseen' }, `${this.title} ${this.unit}`), h('thead', {}, this.head), this.rows)));
    this.element = h('figure', { class: 'chart' },
      h('figcaption', {}, h('span', { class: 'chart-title' }, this.title), h('span', { class: 'unit' }, this.unit),
        this.beyond = h('span', { class: 'unit beyond' })),
      this.area, this.empty, this.table);
    this.reader = new Reader(this.area, {
      count: () => this.xs?.length ?? 0,
      at: (x) => this.nearest(x),
      show: (i) => this.showAt(i),
      text: (i) => this.textAt(i),
    });
    new ResizeObserver(() => this.draw()).observe(this.area);
  }

  update(series, { smoothing, logarithmic, xTitle, formatX, xWhole }) {
    Object.assign(this, { series, smoothing, logarithmic, xTitle, formatX, xWhole });
    for (const s of series) s.shown = smoothing ? smooth(s.ys, smoothing) : s.ys;
    this.xs = [...new Set(series.flatMap((s) => s.xs))].sort((a, b) => a - b);
    this.empty.hidden = this.xs.length > 0;
    this.area.hidden = this.xs.length === 0;
    this.table.hidden = this.xs.length === 0;
    this.draw();
    this.reader.refresh();
    if (this.table.open) this.fillTable();
  }

  draw() {
    const width = this.area.clientWidth;
    if (!width || !this.xs?.length) return;
    const [x0, x1] = [this.xs[0], this.xs.at(-1)];
    const [y0, y1] = this.range();
    this.x = linear(x0, x1, margin.left, width - margin.right);
    const up = linear(this.logarithmic ? Math.log(y0) : y0, this.logarithmic ? Math.log(y1) : y1, this.height - margin.bottom, margin.top);
    this.y = this.logarithmic ? (n) => up(Math.log(Math.max(n, y0))) : up;
    setAttribute(this.svg, 'width', width);
    setAttribute(this.svg, 'height', this.height);
    setAttribute(this.svg, 'data-points', this.xs.length);
    this.svg.replaceChildren(...this.axes(width, [x0, x1], [y0, y1]), ...this.series.flatMap((s) => this.curve(s)),
      this.cursor = h('g', { class: 'cursor' }));
    this.showAt(this.reader?.index ?? null);
  }

  range() {
    const values = this.series.flatMap((s) => [...(this.smoothing ? s.shown : s.ys), ...s.marks.map((m) => m.y)]).filter(Number.isFinite);
    if (this.logarithmic) {
      setText(this.beyond, '');
      const above = values.filter((v) => v > 0);
      return [Math.min(...above) / 1.15, Math.max(...above) * 1.15];
    }

    const most = Math.max(...values);
    let [low, high] = [Math.min(...values), this.robust ? highest(values) : most];
    setText(this.beyond, high < most ? `up to ${this.format(most)}, beyond the axis` : '');
    if (this.fromZero) low = 0;
    const room = distance(low, high) * 0.06 || Math.abs(high) * 0.1 || 1;
    return [this.fromZero ? 0 : Math.max(low - room, low >= 0 ? 0 : -Infinity), high + room];
  }

  axes(width, [x0, x1], [y0, y1]) {
    const bottom = this.height - margin.bottom;
    const lines = (this.logarithmic ? logTicks(y0, y1, 4) : ticks(y0, y1, 4)).filter((t) => t >= y0 && t <= y1).flatMap((t) => [
      h('line', { class: 'grid', x1: margin.left, x2: width - margin.right, y1: this.y(t), y2: this.y(t) }),
      h('text', { class: 'tick', x: margin.left - 8, y: this.y(t) + 4, 'text-anchor': 'end' }, format.tick(t)),
    ]);
    const marks = (this.xWhole ? wholeTicks : ticks)(x0, x1, Math.max(2, Math.floor(width / 90))).filter((t) => t >= x0 && t <= x1).map((t) =>
      h('text', { class: 'tick', x: this.x(t), y: bottom + 18, 'text-anchor': this.x(t) > width - 40 ? 'end' : 'middle' }, this.formatX(t)));
    return [...lines, h('line', { class: 'axis', x1: margin.left, x2: width - margin.right, y1: bottom, y2: bottom }), ...marks];
  }

  curve(s) {
    const line = (ys) => s.xs.map((x, i) => `${i ? 'L' : 'M'}${this.x(x).toFixed(1)} ${this.y(ys[i]).toFixed(1)}`).join('');
    const parts = [];
    if (s.lows && s.highs && s.lows.some((l, i) => l !== s.highs[i])) {
      const back = s.xs.map((x, i) => `L${this.x(x).toFixed(1)} ${this.y(s.lows[i]).toFixed(1)}`).reverse().join('');
      parts.push(h('path', { class: `band ${s.color}`, d: `${line(s.highs)}${back}Z` }));
    }
    if (this.smoothing) parts.push(h('path', { class: `raw ${s.color}`, d: line(s.ys) }));
    parts.push(h('path', { class: `curve ${s.color}`, d: line(s.shown), 'data-run': s.label }));
    if (s.marks.length > 1) parts.push(h('path',
      { class: `marks ${s.color}`, d: s.marks.map((m, i) => `${i ? 'L' : 'M'}${this.x(m.x).toFixed(1)} ${this.y(m.y).toFixed(1)}`).join('') }));
    if (s.marks.length <= 200) parts.push(
      ...s.marks.map((m) => h('circle', { class: `mark ${s.color}`, cx: this.x(m.x).toFixed(1), cy: this.y(m.y).toFixed(1), r: 3.5 })));
    if (s.xs.length === 1) parts.push(h('circle', { class: `dot ${s.color}`, cx: this.x(s.xs[0]), cy: this.y(s.shown[0]), r: 3 }));
    return parts;
  }

  nearest(pixel) {
    if (!this.x || !this.xs.length) return null;
    let [low, high] = [0, this.xs.length - 1];
    while (low < high) {
      const middle = (low + high) >> 1;
      if (this.x(this.xs[middle]) < pixel) low = middle + 1;
      else high = middle;
    }
    return low > 0 && pixel - this.x(this.xs[low - 1]) < this.x(this.xs[low]) - pixel ? low - 1 : low;
  }

  /** What each curve shows at a position: its last point up to there. */
  valuesAt(index) {
    const x = this.xs[index];
    return this.series.map((s) => {
      const i = s.xs.findLastIndex((v) => v <= x);
      if (i < 0) return null;
      const mark = s.marks.findLast((m) => m.x <= x);
      return { s, x: s.xs[i], y: s.shown[i], raw: s.ys[i], mark: mark && s.marks.some((m) => m.x === x) ? mark : null };
    }).filter((v) => v !== null);
  }

  textAt(index) {
    const values = this.valuesAt(index).map((v) =>
      `${this.series.length > 1 ? `${v.s.label}: ` : ''}${this.format(v.y)}${v.mark ? `, evaluation ${this.format(v.mark.y)}` : ''}`);
    return `${this.xTitle} ${this.formatX(this.xs[index])}: ${values.join('; ')}`;
  }

  showAt(index) {
    this.tip.hidden = index === null || !this.x;
    this.cursor?.replaceChildren();
    if (this.tip.hidden || !this.cursor) return;
    const at = this.x(this.xs[index]);
    const values = this.valuesAt(index);
    this.cursor.append(
      h('line', { x1: at, x2: at, y1: margin.top, y2: this.height - margin.bottom }),
      ...values.map((v) => h('circle', { class: `dot ${v.s.color}`, cx: this.x(v.x), cy: this.y(v.y), r: 4 })));
    this.tip.replaceChildren(
      h('strong', {}, `${this.xTitle} ${this.formatX(this.xs[index])}`),
      ...values.flatMap((v) => [
        h('span', { class: `tip-row ${v.s.color}` }, this.series.length > 1 ? h('span', { class: 'tip-name' }, v.s.label) : null,
          h('span', { class: 'number' }, this.format(v.y))),
        this.smoothing && v.raw !== v.y ? h('span', { class: 'tip-row faint' }, h('span', { class: 'tip-name' }, 'not smoothed'),
          h('span', { class: 'number' }, this.format(v.raw))) : null,
        v.mark ? h('span', { class: 'tip-row' }, h('span', { class: 'tip-name' }, 'evaluation'),
          h('span', { class: 'number' }, this.format(v.mark.y))) : null,
      ]).filter((e) => e !== null));
    const width = this.area.clientWidth;
    this.tip.style.left = `${at > width / 2 ? at - this.tip.offsetWidth - 12 : at + 12}px`;
  }

  fillTable() {
    if (!this.table.open || !this.xs?.length) return;
    const rows = Math.min(20, this.xs.length);
    const at = Array.from({ length: rows }, (_, i) => Math.round((i * (this.xs.length - 1)) / Math.max(1, rows - 1)));
    const wide = this.series.some((s) => s.marks.length > 0);
    this.head.replaceChildren(h('th', { scope: 'col' }, this.xTitle), ...this.series.flatMap((s) => [
      h('th', { scope: 'col' }, this.series.length > 1 ? s.label : this.title), ...(wide ? [h('th', { scope: 'col' }, 'Evaluation')] : [])]));
    this.rows.replaceChildren(...at.map((i) => h('tr', {}, h('th', { scope: 'row' }, this.formatX(this.xs[i])), ...this.series.flatMap((s) => {
      const j = s.xs.findLastIndex((v) => v <= this.xs[i]);
      const mark = s.marks.findLast((m) => m.x <= this.xs[i]);
      return [h('td', {}, j < 0 ? '–' : this.format(s.ys[j])), ...(wide ? [h('td', {}, mark ? this.format(mark.y) : '–')] : [])];
    }))));
  }
}

