import { h, setAttribute, setText } from './dom.js';
import { confirmAction } from './dialogs.js';
import { Curves } from './curves.js';
import { LayerMapView } from './layer-map.js';
import { Silos } from './silos.js';
import { Timeline } from './timeline.js';
import { Manifests } from './manifests.js';
import { History } from './history.js';
import { DataCard } from './data-card.js';
import { EventLog } from './event-log.js';
import { tellAll } from './events.js';
import { tone } from './run-list.js';
import * as format from './format.js';

const live = ['starting', 'running', 'recovering'];

const actions = {
  pause: {
    title: 'Pause this run?', text: 'It stops at the next step boundary, after a manifest. Nothing is lost, and it can be resumed.',
    button: 'Pause', when: live,
  },
  resume: { title: 'Resume this run?', text: 'It goes on from its last manifest.', button: 'Resume', when: ['paused', 'failed', 'queued'] },
  cancel: {
    title: 'Cancel this run?', text: 'It stops for good at the next step boundary, after a manifest. It cannot be resumed.',
    button: 'Cancel run', tone: 'danger', when: [...live, 'paused', 'failed', 'queued'],
  },
};

/** One run, with everything there is to see of it. */
export class RunPage {
  constructor(name, { again }) {
    this.name = name;
    this.again = again;
    this.state = h('span', { class: 'badge large' });
    this.progressText = h('p', { class: 'progress-text number' });
    this.fill = h('span', { class: 'fill' });
    this.progress = h('div', { class: 'progress', role: 'progressbar', 'aria-label': 'Steps done', 'aria-valuemin': '0' }, this.fill);
    this.error = h('p', { class: 'problem boxed', role: 'alert', hidden: true });
    this.note = h('p', { class: 'note boxed', hidden: true });
    this.buttons = Object.keys(actions).map((action) => h('button',
      { type: 'button', 'data-action': action, class: action === 'cancel' ? 'danger quiet' : 'quiet', click: () => this.ask(action) },
      actions[action].button));
    this.tiles = Object.fromEntries(
      ['Loss', 'Evaluation', 'Tokens per second', 'Steps per second', 'Time left', 'Recoveries', 'Moves']
        .map((t) => [t, h('dd', { class: 'number' })]));
    this.settings = h('dl', { class: 'settings' });
    Object.assign(this, {
      curves: new Curves(), layers: new LayerMapView(), silos: new Silos(), timeline: new Timeline(),
      manifests: new Manifests(), history: new History(name), data: new DataCard(), log: new EventLog(),
    });
    this.element = h('div', { class: 'page' },
      h('section', { class: 'card run-head', 'aria-labelledby': 'run-title' },
        h('div', { class: 'run-title' }, h('h1', { id: 'run-title' }, name), this.state, h('div', { class: 'buttons' }, ...this.buttons)),
        this.error, this.note, this.progress, this.progressText,
        h('dl', { class: 'tiles' }, ...Object.entries(this.tiles).map(([title, value]) => h('div', {}, h('dt', {}, title), value)))),
      this.curves.element, this.layers.element, this.silos.element, this.timeline.element, this.history.element,
      h('div', { class: 'pair' }, this.manifests.element,
        h('section', { class: 'card', 'aria-labelledby': 'settings-title' },
          h('div', { class: 'card-head' }, h('h2', { id: 'settings-title' }, 'Settings')), this.settings)),
      this.data.element, this.log.element);
  }

  update([run], overview) {
    this.showHead(run, overview?.runs.find((r) => r.status.run === run.name));
    this.curves.update([{ data: run, color: 'series-1' }]);
    this.layers.update(run.layers, run.spec);
    this.silos.update(overview?.silos ?? [], run);
    const told = tellAll(run.events);
    this.timeline.update(told, live.includes(run.status.state));
    this.manifests.update(run);
    this.history.update(run);
    this.data.update(run);
    this.log.update(told);
    this.showSettings(run);
  }

  // Speed and time left come from the list, so that the page never shows two different values.
  showHead(run, listed) {
    const s = run.status;
    setText(this.state, format.states[s.state]);
    setAttribute(this.state, 'data-tone', tone(s.state));
    this.error.hidden = !(s.state === 'failed' && s.error);
    setText(this.error, s.error ?? '');
    const note = run.loading ? `Reading the past of this run: ${format.count(run.latest('last') ?? 0)} of ${format.count(s.step)} steps so far.`
      : !run.live ? 'The run is not answering right now; this is its last known state.' : s.state !== 'failed' && s.error ? s.error : '';
    this.note.hidden = !note;
    setText(this.note, note);
    const share = s.totalSteps ? s.step / s.totalSteps : 0;
    this.fill.style.width = `${100 * share}%`;
    setAttribute(this.progress, 'aria-valuemax', s.totalSteps || 1);
    setAttribute(this.progress, 'aria-valuenow', s.step);
    setAttribute(this.progress, 'aria-valuetext', `${format.count(s.step)} of ${format.count(s.totalSteps)} steps`);
    const queue = s.queuePosition ? `Place ${s.queuePosition} in the queue · ` : '';
    setText(this.progressText,
      `${queue}Step ${format.count(s.step)} of ${format.count(s.totalSteps)} · generation ${s.generation} · last manifest at step ${format.count(s.manifestStep)}`);
    const evaluated = run.lastEval();
    const values = {
      Loss: s.loss ?? run.latest('loss'), Evaluation: evaluated?.loss, 'Tokens per second': run.latest('tokensPerSecond'),
      'Steps per second': listed?.stepsPerSecond, 'Time left': s.state === 'running' ? listed?.secondsLeft : null, Recoveries: s.recoveries,
      Moves: s.moves,
    };
    const forms = {
      Loss: format.loss, Evaluation: format.loss, 'Tokens per second': format.perSecond, 'Steps per second': format.perSecond,
      'Time left': format.duration, Recoveries: format.count, Moves: format.count,
    };
    for (const [title, value] of Object.entries(values))
      setText(this.tiles[title], value === null || value === undefined ? '–' : forms[title](value));
    for (const button of this.buttons) button.hidden = !actions[button.dataset.action].when.includes(s.state);
  }

  showSettings({ spec, origin, layers: { method } }) {
    if (!spec || this.spec === spec) return;
    this.spec = spec;
    const rows = [
      ...(origin ? [['Model', origin.model], ['Data', origin.data], origin.evalData && ['Evaluation data', origin.evalData],
        ['Chat template', origin.template === 'auto' ? 'the model\'s own' : origin.template]] : []),
      ['Method', method ?? spec.method], ['Learning rate', `${format.rate(spec.learningRate)}, ${spec.lrSchedulerType}`],
      ['Batch', `${spec.perDeviceTrainBatchSize} × ${spec.gradientAccumulationSteps}`],
      ['Block size', `${format.count(spec.blockSize)} tokens${spec.packing ? ', packed' : ''}`],
      ['Weights', spec.dtype], ['Optimizer state', spec.optimizerStateDtype],
      ['Manifest', spec.saveSteps ? `every ${format.count(spec.saveSteps)} steps` : 'at the end'],
      ['Evaluation', spec.evalSteps ? `every ${format.count(spec.evalSteps)} steps` : 'at the end'], ['Seed', String(spec.seed)],
      ['Threads', String(spec.threads)],
    ];
    this.settings.replaceChildren(...rows.filter(Boolean).map(([title, value]) => h('div', {}, h('dt', {}, title), h('dd', {}, value))));
  }

  async ask(action) {
    if (await confirmAction({ run: this.name, action, ...actions[action] })) this.again();
  }
}
