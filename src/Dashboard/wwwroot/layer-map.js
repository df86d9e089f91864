import { h, setAttribute, setText } from './dom.js';
import { Reader } from './reader.js';
import { wholeTicks } from './scale.js';
import * as format from './format.js';

const left = 44;
const levels = 5;

/** Periods from left to right, layers from top to bottom; cells that were active are filled. */
export class LayerMapView {
  constructor() {
    this.svg = h('svg', { 'aria-hidden': 'true', class: 'plot' });
    this.tip = h('div', { class: 'tip', hidden: true });
    this.area = h('div', { class: 'plot-area', 'aria-label': 'Active layers by period' }, this.svg, this.tip);
    this.note = h('p', { class: 'note' });
    this.empty = h('p', { class: 'plot-empty' }, 'No period yet');
    this.rows = h('tbody');
    this.table = h('details', { class: 'table-of', toggle: () => this.fillTable() },
      h('summary', {}, 'Layers as a table'),
      h('div', { class: 'scroll', tabindex: '0', role: 'region', 'aria-label': 'Layers as a table' },
        h('table', {}, h('caption', { class: 'unseen' }, 'How often each layer was active'),
          h('thead', {}, h('tr', {}, ...['Layer', 'Periods active', 'Share', 'Now'].map((t) => h('th', { scope: 'col' }, t)))), this.rows)));
    this.element = h('section', { class: 'card', 'aria-labelledby': 'layers-title' },
      h('div', { class: 'card-head' }, h('h2', { id: 'layers-title' }, 'Active layers'), this.note),
      this.area, this.empty, this.table);
    this.layers = { columns: [], count: 0, stride: 1, interval: 0, method: null, coming: [] };
    this.reader = new Reader(this.area, {
      count: () => this.layers.columns.length,
      at: (x) => Math.floor((x - left) / this.cell),
      show: (i) => this.showAt(i),
      text: (i) => this.textAt(i),
    });
    new ResizeObserver(() => this.draw()).observe(this.area);
  }

  update(layers, spec) {
    const coming = layers.coming.map((p) => (p.layers.length ? format.ranges(p.layers) : 'none')).join('; ');
    const signature = `${layers.stride} ${layers.columns.length} ${layers.columns.at(-1)?.last} ${layers.count} ${coming}`;
    this.spec = spec;
    if (signature === this.signature) return;
    Object.assign(this, { signature, layers });
    const none = layers.columns.length === 0;
    [this.empty.hidden, this.area.hidden, this.table.hidden] = [!none, none, none];
    const ends = spec?.trainEmbeddings === false ? 'Embedding and head stay frozen.' : 'Embedding and head always train.';
    const each = layers.interval
      ? `${layers.interval} steps to a period${layers.stride > 1 ? `, ${layers.stride} periods to a column; darker is more often` : ''}.`
      : `One period: ${layers.method}.`;
    setText(this.note, layers.method ? `${each} ${ends}${coming ? ` Next: layers ${coming}.` : ''}` : '');
    this.draw();
    this.reader.refresh();
    this.fillTable();
  }

  draw() {
    const width = this.area.clientWidth;
    const { columns, count } = this.layers;
    if (!width || !count || columns.length === 0) return;
    this.row = Math.max(3, Math.min(16, Math.floor(240 / count)));
    this.cell = Math.min(28, (width - left - 8) / columns.length);
    const gap = this.cell > 5 && this.row > 5 ? 1 : 0;
    const paths = Array.from({ length: levels + 1 }, () => []);
    columns.forEach((column, x) => column.counts.forEach((times, layer) => {
      const share = times / (column.last - column.first + 1);
      const width = Math.max(0.6, this.cell - gap);
      paths[Math.ceil(share * levels)].push(
        `M${(left + x * this.cell).toFixed(1)} ${layer * this.row}h${width.toFixed(1)}v${this.row - gap}h-${width.toFixed(1)}z`);
    }));
    const bottom = this.row * count + 16;
    const labels = wholeTicks(0, columns.length - 1, Math.max(1, Math.min(columns.length, Math.floor(width / 90))));
    setAttribute(this.svg, 'width', width);
    setAttribute(this.svg, 'height', bottom + 8);
    setAttribute(this.svg, 'data-columns', columns.length);
    this.svg.replaceChildren(
      ...paths.map((d, level) =>
        h('path', { class: level ? 'cell-on' : 'cell-off', opacity: level ? 0.2 + (0.8 * level) / levels : 1, d: d.join('') })),
      ...wholeTicks(0, count - 1, Math.min(8, count)).map((layer) =>
        h('text', { class: 'tick', x: left - 8, y: (layer + 0.5) * this.row + 4, 'text-anchor': 'end' }, layer)),
      ...labels.map((x) =>
        h('text', { class: 'tick', x: left + (x + 0.5) * this.cell, y: bottom, 'text-anchor': 'middle' }, format.count(columns[x].first + 1))),
      this.cursor = h('g', { class: 'cursor' }));
    this.showAt(this.reader?.index ?? null);
  }

  textAt(index) {
    const column = this.layers.columns[index];
    const periods = column.first === column.last ? `Period ${format.count(column.first + 1)}`
      : `Periods ${format.count(column.first + 1)} to ${format.count(column.last + 1)}`;
    const steps = this.layers.interval
      ? `, steps ${format.count(column.first * this.layers.interval + 1)} to ${format.count((column.last + 1) * this.layers.interval)}` : '';
    const active = column.counts.flatMap((n, layer) => (n > 0 ? [layer] : []));
    return `${periods}${steps}: layers ${active.length ? format.ranges(active) : 'none'}`;
  }

  showAt(index) {
    this.tip.hidden = index === null || !this.cell;
    this.cursor?.replaceChildren();
    if (this.tip.hidden || !this.cursor) return;
    this.cursor.append(h('rect',
      { x: left + index * this.cell - 0.5, y: 0.5, width: Math.max(1, this.cell), height: this.row * this.layers.count - 1, rx: 2 }));
    const [what, layers] = this.textAt(index).split(': ');
    this.tip.replaceChildren(h('strong', {}, what), h('span', { class: 'tip-row' }, layers));
    const at = left + (index + 0.5) * this.cell;
    this.tip.style.left = `${at > this.area.clientWidth / 2 ? at - this.tip.offsetWidth - 14 : at + 14}px`;
  }

  fillTable() {
    if (!this.table.open) return;
    const { columns, count } = this.layers;
    const periods = columns.reduce((sum, c) => sum + c.last - c.first + 1, 0);
    this.rows.replaceChildren(...Array.from({ length: count }, (_, layer) => {
      const times = columns.reduce((sum, c) => sum + c.counts[layer], 0);
      return h('tr', {}, h('th', { scope: 'row' }, String(layer)), h('td', {}, format.count(times)), h('td', {}, format.percent(times / periods)),
        h('td', {}, columns.at(-1).counts[layer] > 0 ? 'active' : 'frozen'));
    }));
  }
}
