// Everything the page knows about one run, put together from answers that each bring only what is new.

const columns = ['first', 'last', 'loss', 'low', 'high', 'learningRate', 'tokensPerSecond', 'time', 'evalStep', 'evalLoss',
  'chosen', 'rejected', 'margin', 'accuracy'];

export class RunData {
  constructor(name) {
    this.name = name;
    this.view = null;
    this.clear();
  }

  clear() {
    this.curve = Object.fromEntries(columns.map((c) => [c, []]));
    this.stride = 0;
    this.layers = { stride: 0, interval: 0, count: 0, columns: [], method: null, coming: [] };
    this.events = [];
    Object.assign(this, { spec: null, origin: null, data: null });
  }

  /** The address to ask for what is new. */
  path() {
    const question = new URLSearchParams({
      view: this.view ?? '',
      stride: this.stride,
      step: this.curve.last.at(-1) ?? 0,
      periodStride: this.layers.stride,
      period: this.layers.columns.at(-1)?.last ?? -1,
      entry: this.events.at(-1)?.position.entry ?? 0,
    });
    return `/dashboard/api/runs/${encodeURIComponent(this.name)}?${question}`;
  }

  merge(answer) {
    if (answer.whole) this.clear();
    this.view = answer.view;
    for (const field of ['loading', 'live', 'status', 'owners', 'manifests', 'memory']) this[field] = answer[field];
    if (answer.spec) Object.assign(this, { spec: answer.spec, origin: answer.origin, data: answer.data });
    this.mergeCurve(answer.curve);
    this.mergeLayers(answer.layers);
    this.events.push(...answer.events);
    if (this.events.length > 800) this.events.splice(0, this.events.length - 800);
  }

  mergeCurve(curve) {
    const keep = curve.stride === this.stride ? this.curve.first.findIndex((f) => f >= (curve.first[0] ?? Infinity)) : 0;
    for (const name of columns) {
      if (keep >= 0) this.curve[name].length = keep;
      this.curve[name].push(...curve[name]);
    }
    this.stride = curve.stride;
  }

  mergeLayers(layers) {
    const first = layers.columns[0]?.first ?? Infinity;
    const kept = layers.stride === this.layers.stride ? this.layers.columns.filter((c) => c.first < first) : [];
    this.layers = { ...layers, columns: [...kept, ...layers.columns] };
  }

  /** The last step's value of a column. */
  latest(name) {
    return this.curve[name].at(-1);
  }

  lastEval() {
    const i = this.curve.evalStep.findLastIndex((s) => s !== null);
    return i < 0 ? null : { step: this.curve.evalStep[i], loss: this.curve.evalLoss[i] };
  }
}
