import { h } from './dom.js';
import { Chart } from './chart.js';
import * as format from './format.js';

const weights = { off: 0, on: 0.9 };

// These choices also apply to the next run that is shown.
const chosen = { smooth: false, log: false, across: 'step' };

// What the rewards of one run are drawn as; of several runs only the margins are comparable.
const rewards = [['chosen', 'chosen', 'series-1'], ['rejected', 'rejected', 'series-2'], ['margin', 'margin', 'series-3']];

/** Loss, learning rate and throughput of one or more runs, and rewards of those that learn from pairs of answers. */
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
    this.reward = new Chart({ title: 'Rewards', unit: 'means over pairs', height: 150, format: format.loss });
    this.accuracy = new Chart({ title: 'Pairs told apart', unit: 'share', height: 150,
      format: format.percent, fromZero: true });
    this.legend = h('ul', { class: 'legend', 'aria-label': 'Curves' });
    this.element = h('section', { class: 'card', 'aria-labelledby': 'curves-title' },
      h('div', { class: 'card-head' }, h('h2', { id: 'curves-title' }, 'Curves'), this.legend,
        h('div', { class: 'card-controls' },
          h('label', { class: 'field' }, this.smooth, h('span', {}, 'Smooth')),
          h('label', { class: 'field' }, this.log, h('span', {}, 'Log loss')),
          h('label', { class: 'field' }, h('span', {}, 'Across'), this.across))),
      this.loss.element, h('div', { class: 'pair' }, this.rate.element, this.throughput.element));
    this.pairs = h('div', { class: 'pair' }, this.reward.element, this.accuracy.element);
    this.kinds = h('ul', { class: 'legend', 'aria-label': 'Kinds of rewards' },
      ...rewards.map(([, label, color]) => h('li', { class: color }, label)));
    this.reward.element.querySelector('figcaption').after(this.kinds);
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
    const draw = (chart, column, { bands, marks, logarithmic } = {}) =>
      chart.update(runs.map(({ data, color }) => line(data, column, data.name, color, { bands, marks })), { ...options, logarithmic });
    const line = (data, column, label, color, { bands, marks } = {}) => {
      const c = data.curve;
      const x = (i) => (time ? c.time[i] - c.time[0] : c.last[i]);
      return {
        label, color, xs: c.last.map((_, i) => x(i)), ys: c[column],
        lows: bands && data.stride > 1 ? c.low : null, highs: bands && data.stride > 1 ? c.high : null,
        marks: marks ? c.evalStep.flatMap((s, i) => (s === null ? [] : [{ x: time ? x(i) : s, y: c.evalLoss[i] }])) : [],
      };
    };
    draw(this.loss, 'loss', { bands: true, marks: true, logarithmic: this.log.checked });
    draw(this.rate, 'learningRate');
    draw(this.throughput, 'tokensPerSecond');
    const paired = runs.filter(({ data }) => data.curve.margin.every((m) => m !== null));
    if (paired.length === 0) this.pairs.remove();
    else if (!this.pairs.isConnected) this.element.append(this.pairs);
    this.kinds.hidden = paired.length !== 1;
    this.reward.update(paired.length === 1
      ? rewards.map(([column, label, color]) => line(paired[0].data, column, label, color))
      : paired.map(({ data, color }) => line(data, 'margin', `${data.name} margin`, color)), options);
    this.accuracy.update(paired.map(({ data, color }) => line(data, 'accuracy', data.name, color)), options);
    const evaluated = runs.some((r) => r.data.lastEval() !== null);
    this.legend.replaceChildren(
      ...(this.runs.length > 1 ? this.runs.map((r) => h('li', { class: r.color }, r.data.name)) : [h('li', { class: 'series-1' }, 'training')]),
      ...(evaluated ? [h('li', { class: `mark-key ${this.runs.length > 1 ? 'neutral' : 'series-1'}` }, 'evaluation')] : []));
  }
}
