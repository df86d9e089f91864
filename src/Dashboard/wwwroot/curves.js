import { h } from './dom.js';
import { Chart } from './chart.js';
import * as format from './format.js';

const weights = { off: 0, on: 0.9 };

// These choices also apply to the next run that is shown.
const chosen = { smooth: false, log: false, across: 'step' };

/** Loss, learning rate and throughput of one or more runs. */
export class Curves {
  constructor() {
    this.smooth = h('input', { type: 'checkbox', id: 'smooth', change: () => this.redraw() });
    this.log = h('input', { type: 'checkbox', id: 'log', change: () => this.redraw() });
    this.across = h('select', { id: 'across', change: () => this.redraw() },
      h('option', { value: 'step' }, 'Steps'), h('option', { value: 'time' }, 'Time'));
    [this.smooth.checked, this.log.checked, this.across.value] = [chosen.smooth, chosen.log, chosen.across];
    this.loss = new Chart({ title: 'Loss', unit: 'nats per token', height: 260, format: format.loss, robust: true });
    this.rate = new Chart({ title: 'Learning rate', unit: '', height: 150, format: format.rate, fromZero: true });
    this.throughput = new Chart({ title: 'Throughput', unit: 'tokens per second', height: 150, format: format.perSecond, fromZero: true });
    this.legend = h('ul', { class: 'legend', 'aria-label': 'Curves' });
    this.element = h('section', { class: 'card', 'aria-labelledby': 'curves-title' },
      h('div', { class: 'card-head' }, h('h2', { id: 'curves-title' }, 'Curves'), this.legend,
        h('div', { class: 'card-controls' },
          h('label', { class: 'field' }, this.smooth, h('span', {}, 'Smooth')),
          h('label', { class: 'field' }, this.log, h('span', {}, 'Log loss')),
          h('label', { class: 'field' }, h('span', {}, 'Across'), this.across))),
      this.loss.element, h('div', { class: 'pair' }, this.rate.element, this.throughput.element));
  }

  /** @param runs [{ data: RunData, color }] */
  update(runs) {
    this.runs = runs;
    this.redraw();
  }

  redraw() {
    Object.assign(chosen, { smooth: this.smooth.checked, log: this.log.checked, across: this.across.value });
    const runs = (this.runs ?? []).filter((r) => r.data.curve.last.length > 0);
    const time = this.across.value === 'time';
    const options = {
      smoothing: this.smooth.checked ? weights.on : weights.off,
      xTitle: time ? 'after' : 'step',
      formatX: time ? format.duration : format.count,
      xWhole: !time,
    };
    const draw = (chart, column, { bands, marks, logarithmic } = {}) => chart.update(runs.map(({ data, color }) => {
      const c = data.curve;
      const x = (i) => (time ? c.time[i] - c.time[0] : c.last[i]);
      return {
        label: data.name, color, xs: c.last.map((_, i) => x(i)), ys: c[column],
        lows: bands && data.stride > 1 ? c.low : null, highs: bands && data.stride > 1 ? c.high : null,
        marks: marks ? c.evalStep.flatMap((s, i) => (s === null ? [] : [{ x: time ? x(i) : s, y: c.evalLoss[i] }])) : [],
      };
    }), { ...options, logarithmic });
    draw(this.loss, 'loss', { bands: true, marks: true, logarithmic: this.log.checked });
    draw(this.rate, 'learningRate');
    draw(this.throughput, 'tokensPerSecond');
    const evaluated = runs.some((r) => r.data.lastEval() !== null);
    this.legend.replaceChildren(
      ...(this.runs.length > 1 ? this.runs.map((r) => h('li', { class: r.color }, r.data.name)) : [h('li', { class: 'series-1' }, 'training')]),
      ...(evaluated ? [h('li', { class: `mark-key ${this.runs.length > 1 ? 'neutral' : 'series-1'}` }, 'evaluation')] : []));
  }
}
