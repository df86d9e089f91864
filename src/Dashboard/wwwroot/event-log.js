import { h, keyed, setText } from './dom.js';
import * as format from './format.js';

const most = 200;

/** Everything that happened besides the steps, newest first. */
export class EventLog {
  constructor() {
    this.which = h('select', { id: 'events-shown', change: () => this.redraw() },
      h('option', { value: 'all' }, 'All'), h('option', { value: 'rare' }, 'Without manifests'),
      h('option', { value: 'trouble' }, 'Recoveries and preemptions'));
    this.list = h('ol', { class: 'log' });
    this.note = h('p', { class: 'note' });
    this.empty = h('p', { class: 'plot-empty' }, 'Nothing to show');
    this.element = h('section', { class: 'card', 'aria-labelledby': 'log-title' },
      h('div', { class: 'card-head' }, h('h2', { id: 'log-title' }, 'Log'), this.note,
        h('div', { class: 'card-controls' }, h('label', { class: 'field' }, h('span', {}, 'Show'), this.which))),
      h('div', { class: 'scroll tall', tabindex: '0', role: 'region', 'aria-label': 'Log of events' }, this.list), this.empty);
    this.told = [];
  }

  update(told) {
    const signature = `${told.at(0)?.entry} ${told.at(-1)?.entry} ${told.length}`;
    if (signature === this.signature) return;
    Object.assign(this, { told, signature });
    this.redraw();
  }

  redraw() {
    const wanted = this.told.filter((t) => this.which.value === 'all'
      || (this.which.value === 'rare' ? t.kind !== 'manifest' : ['recovery', 'preemption', 'failed'].includes(t.kind)));
    const shown = wanted.slice(-most).reverse();
    setText(this.note, wanted.length > most ? `the last ${most}` : '');
    this.empty.hidden = shown.length > 0;
    keyed(this.list, shown, (t) => `${t.entry} ${t.time}`, (t) => ({
      element: h('li', { 'data-kind': t.kind }, h('time', { datetime: t.event.time }, format.dateAndClock(t.time)),
        h('span', { class: 'kind', 'data-kind': t.kind }, t.word), h('span', { class: 'log-text' }, t.text)),
    }), () => {});
  }
}
