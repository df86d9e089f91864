import { h, keyed, setAttribute, setText } from './dom.js';
import { Curves } from './curves.js';
import { tone } from './run-list.js';
import * as format from './format.js';

/** Several runs drawn over each other. */
export class ComparePage {
  constructor() {
    this.curves = new Curves();
    this.rows = h('tbody');
    this.title = h('h1', { id: 'run-title' });
    this.element = h('div', { class: 'page' },
      h('section', { class: 'card run-head', 'aria-labelledby': 'run-title' }, this.title,
        h('div', { class: 'scroll', tabindex: '0', role: 'region', 'aria-label': 'Runs side by side' }, h('table', { class: 'roomy' },
          h('caption', { class: 'unseen' }, 'Runs side by side'),
          h('thead', {}, h('tr', {},
            ...['Run', 'State', 'Step', 'Loss', 'Evaluation', 'Tokens/s', 'Method', 'Learning rate', 'Recoveries']
              .map((t) => h('th', { scope: 'col' }, t)))), this.rows))),
      this.curves.element);
  }

  update(runs) {
    setText(this.title, `${runs.length} runs compared`);
    keyed(this.rows, runs.map((data, i) => ({ data, color: `series-${i + 1}` })), (r) => r.data.name, ({ data }) => {
      const cells = Array.from({ length: 7 }, () => h('td'));
      const state = h('span', { class: 'badge' });
      const key = h('span', { class: 'key' });
      return {
        key, state, cells,
        element: h('tr', {},
          h('th', { scope: 'row' }, key, h('a', { href: `#/run/${encodeURIComponent(data.name)}` }, data.name)), h('td', {}, state), ...cells),
      };
    }, (row, { data, color }) => {
      const s = data.status;
      setAttribute(row.key, 'class', `key ${color}`);
      setText(row.state, format.states[s.state]);
      setAttribute(row.state, 'data-tone', tone(s.state));
      const [last, speed, evaluated] = [s.loss ?? data.latest('loss'), data.latest('tokensPerSecond'), data.lastEval()];
      const values = [
        `${format.count(s.step)} / ${format.count(s.totalSteps)}`, last === undefined ? '–' : format.loss(last),
        evaluated ? format.loss(evaluated.loss) : '–',
        speed === undefined ? '–' : format.perSecond(speed), data.spec?.method ?? '–', data.spec ? format.rate(data.spec.learningRate) : '–',
        String(s.recoveries)];
      values.forEach((v, i) => setText(row.cells[i], v));
    });
    this.curves.update(runs.map((data, i) => ({ data, color: `series-${i + 1}` })));
  }
}
