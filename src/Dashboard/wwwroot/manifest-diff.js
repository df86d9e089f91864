import { h, setText } from './dom.js';
import { getDifference } from './api.js';
import * as format from './format.js';

/** In what two manifests of a run differ: settings, data, and the weights of each part. */
export class ManifestDiff {
  constructor(name) {
    this.name = name;
    this.state = h('p', { class: 'note', 'aria-live': 'polite' });
    this.lines = h('ul', { class: 'notes', hidden: true });
    this.rows = h('tbody');
    this.table = h('div', { class: 'scroll', tabindex: '0', role: 'region', 'aria-label': 'Differences by part', hidden: true },
      h('table', { class: 'roomy' }, h('caption', { class: 'unseen' }, 'Differences by part'), h('thead', {}, h('tr', {},
        ...['Part', 'L2 norm', 'Greatest', 'Numbers that differ'].map((t) => h('th', { scope: 'col' }, t)))), this.rows));
    this.element = h('div', { class: 'manifest-diff', hidden: true }, this.lines, this.table, this.state);
  }

  hide() {
    this.wanted = null;
    this.asking?.abort();
    this.element.hidden = true;
  }

  /** Asks for the difference, and gives up on one that was asked for before. */
  async show(from, to) {
    const key = `${from} ${to}`;
    if (this.wanted === key) return;
    this.hide();
    this.wanted = key;
    this.asking = new AbortController();
    this.lines.hidden = true;
    this.table.hidden = true;
    this.element.hidden = false;
    setText(this.state, 'Comparing the weights …');
    try {
      const difference = await getDifference(this.name, from, to, this.asking.signal);
      if (this.wanted === key) this.fill(difference);
    } catch (e) {
      if (this.wanted !== key) return;
      this.wanted = null;
      setText(this.state, e.message);
    }
  }

  fill({ settings, data, parts }) {
    const lines = [...settings.map((s) => `Setting ${s}`), ...data.map((d) => d[0].toUpperCase() + d.slice(1))];
    this.lines.replaceChildren(...lines.map((line) => h('li', {}, line)));
    this.lines.hidden = lines.length === 0;
    const changed = parts.filter((p) => p.numbers > 0);
    this.rows.replaceChildren(...changed.map((p) => h('tr', {}, h('th', { scope: 'row' }, p.part),
      ...[format.rate(p.l2), format.rate(p.max), format.count(p.numbers)].map((text) => h('td', {}, text)))));
    this.table.hidden = changed.length === 0;
    const same = parts.length - changed.length;
    setText(this.state, [
      lines.length === 0 ? 'Settings and data are the same.' : '',
      same === 0 ? '' : same === parts.length ? 'All parts have the same weights.' : `${same} of ${parts.length} parts have the same weights.`,
    ].filter(Boolean).join(' '));
  }
}
