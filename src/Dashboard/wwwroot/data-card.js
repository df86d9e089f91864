import { h } from './dom.js';
import * as format from './format.js';

/** What the run's data became: counts, lengths, and what was cut or left out, as the terminal shows it before the first step. */
export class DataCard {
  constructor() {
    this.sets = h('div', { class: 'pair' });
    this.element = h('section', { class: 'card', 'aria-labelledby': 'data-title', hidden: true },
      h('div', { class: 'card-head' }, h('h2', { id: 'data-title' }, 'Data')), this.sets);
  }

  update({ data, origin }) {
    if (this.data === data) return;
    this.data = data;
    this.element.hidden = !data;
    this.sets.replaceChildren(...(data ? [['Training', data.training, origin?.data], ['Evaluation', data.validation, origin?.evalData]] : [])
      .filter(([, figures]) => figures).map(([title, figures, source]) => set(title, figures, source)));
  }
}

function set(title, f, source) {
  const rows = [
    ['Source', source], ['Records', format.count(f.records)], ['Samples', format.count(f.samples)],
    ['Tokens', `${format.count(f.tokens)}, ${format.count(f.trained_tokens)} of them learned`],
    ['Shortest', length(f.shortest)], ['Median', length(f.median)], ['95 of 100 up to', length(f.percentile_95)], ['Longest', length(f.longest)],
  ].filter(([, value]) => value);
  return h('div', { class: 'data-set' }, h('h3', {}, title),
    h('dl', { class: 'settings' }, ...rows.map(([name, value]) => h('div', {}, h('dt', {}, name), h('dd', {}, value)))),
    f.notes.length > 0 ? h('ul', { class: 'notes' }, ...f.notes.map((note) => h('li', {}, note)))
      : h('p', { class: 'note' }, 'Nothing was cut or left out'));
}

const length = (tokens) => (tokens === null || tokens === undefined ? null : `${format.count(tokens)} tokens`);
