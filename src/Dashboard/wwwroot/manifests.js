import { h, keyed, setText } from './dom.js';
import * as format from './format.js';

const shown = 8;

/** The last manifests, and what all manifests together cost. */
export class Manifests {
  constructor() {
    this.summary = h('p', { class: 'note' });
    this.rows = h('tbody');
    this.empty = h('p', { class: 'plot-empty' }, 'No manifest yet');
    this.table = h('div', { class: 'scroll', tabindex: '0', role: 'region', 'aria-label': 'Last manifests' }, h('table', { class: 'roomy' },
      h('caption', { class: 'unseen' }, 'Last manifests'),
      h('thead', {}, h('tr', {}, ...['Step', 'Written', 'Stall', 'When'].map((t) => h('th', { scope: 'col' }, t)))), this.rows));
    this.element = h('section', { class: 'card', 'aria-labelledby': 'manifests-title' },
      h('div', { class: 'card-head' }, h('h2', { id: 'manifests-title' }, 'Manifests'), this.summary), this.table, this.empty);
  }

  update(run) {
    const saved = run.events.filter((e) => e.$type === 'manifest').slice(-shown).reverse();
    const { count, bytes, stallSeconds } = run.manifests;
    [this.empty.hidden, this.table.hidden] = [saved.length > 0, saved.length === 0];
    setText(this.summary, count ? `${format.count(count)} in all, ${format.bytes(bytes)}, stalled ${format.duration(stallSeconds)}` : '');
    const most = Math.max(1, ...saved.map((e) => e.bytesWritten));
    keyed(this.rows, saved, (e) => e.position.entry, (e) => {
      const fill = h('span', { class: 'fill' });
      return {
        fill,
        element: h('tr', {}, h('th', { scope: 'row' }, format.count(e.step)),
          h('td', {}, h('span', { class: 'bar-cell' }, h('span', { class: 'bar', 'aria-hidden': 'true' }, fill), format.bytes(e.bytesWritten))),
          h('td', {}, format.duration(e.stallSeconds)), h('td', {}, format.dateAndClock(e.time))),
      };
    }, (row, e) => { row.fill.style.width = `${(100 * e.bytesWritten) / most}%`; });
  }
}
