import { h, keyed, setAttribute, setText } from './dom.js';
import { getHistory, getParts } from './api.js';
import { askName } from './dialogs.js';
import { ManifestDiff } from './manifest-diff.js';
import * as format from './format.js';

const most = 120;

// After a failure the list is read again after this many milliseconds, then after twice as many, up to a minute.
const firstPause = 1000;

/** The manifests that a run keeps, on a line of steps: one can be picked and forked, two compared. */
export class History {
  constructor(name) {
    this.name = name;
    this.states = [];
    this.pause = firstPause;
    this.next = 0;
    this.picked = [];
    this.summary = h('p', { class: 'note' });
    this.line = h('div', { class: 'history-line', role: 'group', 'aria-label': 'Kept manifests by step' });
    this.what = h('p', { class: 'note', 'aria-live': 'polite' });
    this.diff = new ManifestDiff(name);
    this.fork = h('button', { type: 'button', class: 'quiet', hidden: true, click: () => this.askFork() }, 'Fork');
    this.rows = h('tbody');
    this.table = h('div', { class: 'scroll', tabindex: '0', role: 'region', 'aria-label': 'Picked manifests', hidden: true },
      h('table', { class: 'roomy' }, h('caption', { class: 'unseen' }, 'Picked manifests'), h('thead', {}, h('tr', {},
        ...['Step', 'Loss', 'Evaluation', 'New', 'In all', 'When'].map((t) => h('th', { scope: 'col' }, t)))), this.rows));
    this.element = h('section', { class: 'card', 'aria-labelledby': 'history-title' },
      h('div', { class: 'card-head' }, h('h2', { id: 'history-title' }, 'History'), this.summary, this.fork), this.line, this.table, this.what,
      this.diff.element);
  }

  /** Reads the list again when the run says that it has changed. */
  update({ status }) {
    const signature = `${status.keptManifests} ${status.manifestStep} ${status.historyBytes} ${status.state}`;
    if (signature === this.signature || this.reading || performance.now() < this.next) return;
    this.reading = getHistory(this.name).then((states) => {
      this.signature = signature;
      this.pause = firstPause;
      this.states = states;
      this.picked = this.picked.filter((step) => states.some((s) => s.step === step));
      this.show();
    }).catch((e) => {
      setText(this.what, e.message);
      this.next = performance.now() + this.pause;
      this.pause = Math.min(60000, 2 * this.pause);
    }).finally(() => { this.reading = null; });
  }

  show() {
    const bytes = this.states.reduce((sum, s) => sum + s.newBytes, 0);
    setText(this.summary, `${format.count(this.states.length)} kept, ${format.bytes(bytes)}`);
    const last = Math.max(1, ...this.states.map((s) => s.step));
    keyed(this.line, this.points(), (s) => `${s.step} ${s.manifest.sha256}`, (s) => ({
      element: h('button', { type: 'button', class: 'history-point', click: () => this.pick(s.step) }),
    }), ({ element }, s) => {
      element.style.left = `${(100 * s.step) / last}%`;
      setAttribute(element, 'aria-pressed', this.picked.includes(s.step) ? 'true' : 'false');
      setAttribute(element, 'data-best', s.isBest ? 'true' : null);
      setAttribute(element, 'aria-label', `Step ${s.step}${s.isBest ? ', the best' : ''}${s.isLast ? ', the last' : ''}`);
      setAttribute(element, 'title', `step ${s.step}`);
    });
    const picked = this.picked.map((step) => this.states.find((s) => s.step === step)).sort((a, b) => a.step - b.step);
    this.table.hidden = picked.length === 0;
    this.fork.hidden = picked.length !== 1;
    keyed(this.rows, picked, (s) => s.step, () => {
      const cells = Array.from({ length: 6 }, () => h('td'));
      return { cells, element: h('tr', {}, ...cells) };
    }, ({ cells }, s) => [
      format.count(s.step) + (s.isBest ? ' (best)' : ''), s.loss === null ? '–' : format.loss(s.loss),
      s.evalLoss === null ? '–' : format.loss(s.evalLoss), format.bytes(s.newBytes), format.bytes(s.bytes),
      s.time ? format.dateAndClock(s.time) : '–',
    ].forEach((text, i) => setText(cells[i], text)));
    this.compare(picked);
  }

  // Of a long history every so many, but always the best, the last, and what is picked.
  points() {
    const stride = Math.ceil(this.states.length / most);
    return this.states.filter((s, i) => i % stride === 0 || s.isBest || s.isLast || this.picked.includes(s.step));
  }

  // The last two that were picked.
  pick(step) {
    this.picked = this.picked.includes(step) ? this.picked.filter((s) => s !== step) : [...this.picked, step].slice(-2);
    this.show();
  }

  async compare(picked) {
    if (picked.length < 2) {
      this.diff.hide();
      setText(this.what, picked.length === 0 ? 'Pick a manifest to fork it, or two to compare them.' : '');
      return;
    }
    const key = picked.map((s) => s.step).join(' ');
    this.diff.show(picked[0].step, picked[1].step);
    this.compared = key;
    try {
      const [a, b] = await Promise.all(picked.map((s) => getParts(this.name, s.step)));
      if (this.compared !== key || this.picked.length < 2) return;
      const parts = Object.keys(a).filter((part) => a[part] !== b[part]);
      const loss = picked.every((s) => s.loss !== null) ? `, loss ${(picked[1].loss - picked[0].loss).toFixed(4)}` : '';
      setText(this.what, `From step ${picked[0].step} to ${picked[1].step}: ${picked[1].step - picked[0].step} steps${loss}. `
        + (parts.length === 0 ? 'All parts are the same.' : `Parts that differ: ${parts.join(', ')}.`));
    } catch (e) {
      setText(this.what, e.message);
    }
  }

  async askFork() {
    const [step] = this.picked;
    const name = await askName({ run: this.name, step });
    if (name) location.hash = `#/run/${encodeURIComponent(name)}`;
  }
}
