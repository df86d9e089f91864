import { h, setAttribute } from './dom.js';
import { Reader } from './reader.js';
import { linear, ticks } from './scale.js';
import * as format from './format.js';

const lanes = [
  ['Generations', ['start', 'place', 'end', 'failed']], ['Recoveries', ['recovery']], ['Preemptions', ['preemption']], ['Moves', ['move']],
  ['Manifests', ['manifest']],
];
const left = 96;
const right = 14;
const lane = 26;

/** What happened to a run over time, with a lane for each kind of event. */
export class Timeline {
  constructor() {
    this.svg = h('svg', { 'aria-hidden': 'true', class: 'plot' });
    this.tip = h('div', { class: 'tip wide', hidden: true });
    this.area = h('div', { class: 'plot-area', 'aria-label': 'Timeline of the run' }, this.svg, this.tip);
    this.empty = h('p', { class: 'plot-empty' }, 'Nothing has happened yet');
    this.element = h('section', { class: 'card', 'aria-labelledby': 'timeline-title' },
      h('div', { class: 'card-head' }, h('h2', { id: 'timeline-title' }, 'Timeline'),
        h('p', { class: 'note' }, 'The log below tells the same in words.')),
      this.area, this.empty);
    this.told = [];
    this.reader = new Reader(this.area, {
      count: () => this.told.length,
      at: (x) => this.nearest(x),
      show: (i) => this.showAt(i),
      text: (i) => `${format.dateAndClock(this.told[i].time)}, ${this.told[i].word}: ${this.told[i].text}`,
    });
    new ResizeObserver(() => this.draw()).observe(this.area);
  }

  update(told, running) {
    const signature = `${told.at(-1)?.entry} ${told.length} ${running ? Math.floor(Date.now() / 5000) : ''}`;
    if (signature === this.signature) return;
    Object.assign(this, { told, running, signature });
    [this.empty.hidden, this.area.hidden] = [told.length > 0, told.length === 0];
    this.draw();
    this.reader.refresh();
  }

  draw() {
    const width = this.area.clientWidth;
    if (!width || this.told.length === 0) return;
    const start = this.told[0].time;
    const end = Math.max(this.running ? Date.now() : 0, this.told.at(-1).time, start + 1000);
    this.x = linear(start, end, left, width - right);
    const height = lanes.length * lane + 28;
    setAttribute(this.svg, 'width', width);
    setAttribute(this.svg, 'height', height);
    const rows = lanes.map(([name], i) => [
      h('text', { class: 'tick lane-name', x: left - 10, y: (i + 0.5) * lane + 4, 'text-anchor': 'end' }, name),
      h('line', { class: 'grid', x1: left, x2: width - right, y1: (i + 0.5) * lane, y2: (i + 0.5) * lane }),
    ]);
    const seconds = (end - start) / 1000;
    const marks = ticks(0, seconds, Math.max(2, Math.floor((width - left) / 110))).filter((t) => t <= seconds).map((t) =>
      h('text', { class: 'tick', x: this.x(start + t * 1000), y: lanes.length * lane + 18, 'text-anchor': t > seconds * 0.95 ? 'end' : 'middle' },
        t === 0 ? '0' : format.duration(t)));
    this.svg.replaceChildren(...rows.flat(), ...marks, ...this.generations(end), ...this.told.flatMap((t) => this.mark(t)),
      this.cursor = h('g', { class: 'cursor' }));
    this.showAt(this.reader?.index ?? null);
  }

  // A bar from when the parts are placed on their silos until the generation fails, moves or ends.
  generations(end) {
    const bars = [];
    let open = null;
    const close = (time) => { if (open) bars.push({ ...open, to: time }); open = null; };
    for (const { event, time, kind } of this.told) {
      if (['recovery', 'end', 'failed', 'start', 'place', 'move'].includes(kind)) close(time);
      if (kind === 'place' || kind === 'move') open = { from: time, generation: event.generation };
    }
    close(end);
    return bars.flatMap((b) => {
      const width = Math.max(1.5, this.x(b.to) - this.x(b.from));
      return [
        h('rect', { class: 'generation', x: this.x(b.from), y: 5, width, height: lane - 10, rx: 3 }),
        width > 28 ? h('text', { class: 'generation-name', x: this.x(b.from) + 6, y: lane / 2 + 4 }, `${b.generation}`) : null,
      ].filter(Boolean);
    });
  }

  mark({ kind, time }) {
    if (kind === 'start' || kind === 'place') return [];
    const i = lanes.findIndex(([, kinds]) => kinds.includes(kind));
    if (i < 0) return [];
    const [x, y] = [this.x(time), (i + 0.5) * lane];
    if (kind === 'manifest') return [h('line', { class: 'mark-manifest', x1: x, x2: x, y1: y - 5, y2: y + 5 })];
    if (kind === 'recovery') return [h('path', { class: 'mark-recovery', d: `M${x} ${y - 6}L${x + 6} ${y}L${x} ${y + 6}L${x - 6} ${y}Z` })];
    if (kind === 'preemption') return [h('path', { class: 'mark-preemption', d: `M${x} ${y - 6}L${x + 6} ${y + 5}L${x - 6} ${y + 5}Z` })];
    return [h('circle', { class: `mark-${kind}`, cx: x, cy: y, r: 5 })];
  }

  nearest(pixel) {
    if (!this.x) return null;
    let best = 0;
    this.told.forEach((t, i) => { if (Math.abs(this.x(t.time) - pixel) <= Math.abs(this.x(this.told[best].time) - pixel)) best = i; });
    return best;
  }

  showAt(index) {
    this.tip.hidden = index === null || !this.x;
    this.cursor?.replaceChildren();
    if (this.tip.hidden || !this.cursor) return;
    const t = this.told[index];
    const at = this.x(t.time);
    this.cursor.append(h('line', { x1: at, x2: at, y1: 0, y2: lanes.length * lane }));
    this.tip.replaceChildren(h('strong', {}, `${t.word} · ${format.dateAndClock(t.time)}`), h('span', {}, t.text));
    this.tip.style.left = `${Math.max(0, at > this.area.clientWidth / 2 ? at - this.tip.offsetWidth - 12 : at + 12)}px`;
  }
}
