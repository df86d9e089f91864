import { h, keyed, setAttribute, setText } from './dom.js';
import * as format from './format.js';

const order = ['running', 'recovering', 'starting', 'paused', 'failed', 'queued', 'succeeded', 'cancelled'];

/** All runs: a link to each, and a box to compare it with others. */
export class RunList {
  /** @param onCompare gets the names of the ticked runs */
  constructor(element, onCompare) {
    this.onCompare = onCompare;
    this.filter = h('input', { type: 'search', id: 'filter', placeholder: 'Find a run', 'aria-label': 'Find a run', input: () => this.redraw() });
    this.list = h('ul', { class: 'run-list' });
    this.empty = h('p', { class: 'note' }, 'No run matches');
    this.count = h('span', { class: 'count' });
    this.open = h('details', { class: 'runs-fold', open: true },
      h('summary', {}, h('h2', {}, 'Runs'), this.count), this.filter, this.list, this.empty);
    element.append(this.open);
    const narrow = matchMedia('(max-width: 55rem)');
    const fold = () => { this.open.open = !narrow.matches; };
    narrow.addEventListener('change', fold);
    fold();
    this.runs = [];
    this.selected = [];
  }

  /** Takes all runs, the most active first. */
  take(runs) {
    this.runs = runs.toSorted((a, b) => order.indexOf(a.status.state) - order.indexOf(b.status.state));
  }

  /** Shows the runs, and which of them the page is about. */
  show(selected) {
    this.selected = selected;
    this.redraw();
  }

  redraw() {
    const wanted = this.filter.value.trim().toLowerCase();
    const shown = this.runs.filter((r) => r.status.run.toLowerCase().includes(wanted));
    this.filter.hidden = this.runs.length < 8;
    this.empty.hidden = shown.length > 0 || this.runs.length === 0;
    setText(this.count, String(this.runs.length));
    keyed(this.list, shown, (r) => r.status.run, (r) => this.item(r.status.run), (entry, run) => this.fill(entry, run));
  }

  item(name) {
    const box = h('input', { type: 'checkbox', 'aria-label': `Compare ${name}`, change: () => this.toggle(name, box.checked) });
    const [state, progress, fill, problem] = [
      h('span', { class: 'badge' }), h('span', { class: 'faint number' }), h('span', { class: 'fill' }), h('span', { class: 'problem' })];
    const link = h('a', { href: `#/run/${encodeURIComponent(name)}` },
      h('span', { class: 'run-name' }, name), h('span', { class: 'run-line' }, state, progress),
      h('span', { class: 'bar', 'aria-hidden': 'true' }, fill), problem);
    return { element: h('li', { 'data-run': name }, box, link), box, link, state, progress, fill, problem };
  }

  fill(entry, { status, secondsLeft, problem }) {
    const on = this.selected.includes(status.run);
    entry.box.checked = on;
    setAttribute(entry.link, 'aria-current', on && this.selected.length === 1 ? 'page' : null);
    setAttribute(entry.element, 'data-on', on);
    setText(entry.state, format.states[status.state]);
    setAttribute(entry.state, 'data-tone', tone(status.state));
    setText(entry.progress, `${percentOf(status)}${secondsLeft ? `, ${format.duration(secondsLeft)} left` : ''}`);
    setText(entry.problem, problem ?? '');
    entry.fill.style.width = `${status.totalSteps ? (100 * status.step) / status.totalSteps : 0}%`;
  }

  toggle(name, on) {
    this.onCompare(on ? [...new Set([...this.selected, name])] : this.selected.filter((n) => n !== name));
  }
}

const percentOf = (s) => (s.totalSteps ? `${Math.floor((100 * s.step) / s.totalSteps)} %` : '');

export const tone = (state) => ({
  running: 'good', succeeded: 'done', failed: 'bad', recovering: 'wait', starting: 'wait', paused: 'calm', queued: 'calm', cancelled: 'calm',
})[state];
