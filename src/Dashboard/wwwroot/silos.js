import { h, keyed, setAttribute, setText } from './dom.js';
import * as format from './format.js';

const words = { joining: 'Joining', active: 'Alive', silent: 'Not answering', leaving: 'Leaving', dead: 'Dead' };
const kinds = [['weights', 'Weights'], ['optimizer', 'Optimizer'], ['gradients', 'Gradients']];

/** Silos and what they hold: those of the run, replica after replica in pipeline order, then the others. */
export class Silos {
  constructor() {
    this.list = h('ol', { class: 'silos' });
    this.empty = h('p', { class: 'plot-empty' }, 'No silo is known');
    this.summary = h('p', { class: 'note' });
    this.traffic = h('p', { class: 'facts', 'data-traffic': '', hidden: true });
    this.element = h('section', { class: 'card', 'aria-labelledby': 'silos-title' },
      h('div', { class: 'card-head' }, this.title = h('h2', { id: 'silos-title' }), this.summary,
        this.legend = h('ul', { class: 'legend', 'aria-label': 'Kinds of memory' },
          ...kinds.map(([kind, name]) => h('li', { class: `memory-${kind}` }, name)))),
      this.traffic, this.list, this.empty);
  }

  /** @param silos of the cluster; @param run RunData or null */
  update(silos, run) {
    const stages = run?.status.stages ?? [];
    const known = new Map(silos.map((s) => [s.address, s]));
    const place = placesOf(stages);
    const replicas = 1 + Math.max(0, ...stages.map((s) => s.replica));
    const active = new Set((run?.layers.columns.at(-1)?.counts ?? []).flatMap((n, i) => (n > 0 && run.layers.stride === 1 ? [`layer-${i}`] : [])));
    const items = [
      ...stages.map((stage, i) => (
        { stage, run, replicas, number: place[i], silo: known.get(stage.silo) ?? { address: stage.silo, state: 'dead', roles: [] } })),
      ...silos.filter((s) => !stages.some((t) => t.silo === s.address)).map((silo) => ({ silo, ofRun: run !== null })),
    ];
    this.empty.hidden = items.length > 0;
    const dead = silos.filter((s) => s.state === 'dead' || s.state === 'silent').length;
    setText(this.title, replicas > 1 ? 'Replicas' : stages.length ? 'Pipeline' : 'Silos');
    this.legend.hidden = stages.length === 0;
    const living = `${silos.length - dead} ${silos.length - dead === 1 ? 'silo' : 'silos'}${dead ? `, ${dead} gone` : ''}`;
    setText(this.summary, replicas > 1 ? `${replicas} replicas of the model, ${stages.length} stages in all, on ${living}`
      : stages.length ? `${stages.length} ${stages.length === 1 ? 'stage' : 'stages'} on ${living}`
      : run ? `${living}; this run is placed on none now` : living);
    const traffic = replicas > 1 ? run.status.traffic : null;
    this.traffic.hidden = !traffic;
    setText(this.traffic, traffic ? `${format.bytes(traffic.bytes)} exchanged between replicas in a step; nobody waited for ${
      format.percent(traffic.hiddenShare)} of that time` : '');
    const most = Math.max(1, ...stages.map((stage) => held(stage, replicas, run).reduce((a, b) => a + b, 0)));
    keyed(this.list, items, (i) => i.silo.address, (i) => new SiloCard(i.silo.address),
      (card, item) => card.update(item, active, most));
  }
}

// Bytes by kind. The run tells what all replicas hold together: weights and gradients are with each, optimizer state only with the owner.
const held = (stage, replicas, { memory, owners }) => kinds.map(([kind]) => stage.parts.reduce((sum, p) =>
  sum + (kind !== 'optimizer' ? (memory[p]?.[kind] ?? 0) / replicas : owners[p] === stage.replica ? memory[p]?.[kind] ?? 0 : 0), 0));

// The number of each stage within its replica, from 0 as everywhere.
const placesOf = (stages) => stages.map((stage, i) => stages.slice(0, i).filter((s) => s.replica === stage.replica).length);

// What a replica is given of a step, and the parts that it updates.
function shareOf(stage, run) {
  const lanes = run.status.replicaLanes;
  const owned = stage.parts.filter((p) => run.owners[p] === stage.replica);
  return [
    lanes.length ? `${lanes[stage.replica]} of ${lanes.reduce((a, b) => a + b, 0)} lanes` : null,
    owned.length ? `owns ${format.parts(owned)}` : 'owns nothing'].filter(Boolean).join(' · ');
}

class SiloCard {
  constructor(address) {
    this.stage = h('span', { class: 'stage-number' });
    this.state = h('span', { class: 'badge' });
    this.facts = h('p', { class: 'facts' });
    this.parts = h('p', { class: 'parts-text' });
    this.share = h('p', { class: 'facts', 'data-share': '' });
    this.chips = h('div', { class: 'chips', 'aria-hidden': 'true' });
    this.bar = h('div', { class: 'stack', 'aria-hidden': 'true' }, ...kinds.map(([kind]) => h('span', { class: `memory-${kind}` })));
    this.memory = h('p', { class: 'facts' });
    this.fill = h('span', { class: 'fill' });
    this.meter = h('div', { class: 'meter', role: 'meter', 'aria-label': 'Utilisation of the device', 'aria-valuemin': '0', 'aria-valuemax': '100' },
      this.fill);
    this.busy = h('span', { class: 'number' });
    this.element = h('li', { class: 'silo', 'data-silo': format.silo(address) },
      h('div', { class: 'silo-head' }, this.stage, h('h3', {}, format.silo(address)), this.state),
      this.facts, this.parts, this.share, this.chips,
      this.memoryRow = h('div', { class: 'measure' }, h('span', { class: 'measure-name' }, 'Memory'), this.bar, this.memory),
      this.busyRow = h('div', { class: 'measure' }, h('span', { class: 'measure-name' }, 'Device'), this.meter, this.busy));
  }

  update({ silo, stage, number, run, replicas, ofRun }, active, most) {
    const gone = silo.state === 'dead' || silo.state === 'silent';
    setAttribute(this.element, 'data-state', silo.state);
    setText(this.state, words[silo.state]);
    setAttribute(this.state, 'data-tone', { active: 'good', dead: 'bad', silent: 'bad' }[silo.state] ?? 'wait');
    this.stage.hidden = !stage;
    setText(this.stage, !stage ? '' : replicas > 1 ? `Replica ${stage.replica} · Stage ${number}` : `Stage ${number}`);
    const speed = stage ? run.status.speeds[stage.silo] : null;
    setAttribute(this.facts, 'title', silo.version ? `Version ${silo.version}` : null);
    setText(this.facts, [
      silo.device, silo.threads ? `${silo.threads} ${silo.threads === 1 ? 'thread' : 'threads'}` : null, silo.roles.join(' + ') || null,
      silo.processBytes ? `process ${format.bytes(silo.processBytes)}` : null,
      speed ? format.speed(speed) : null, silo.upSeconds ? `up ${format.duration(silo.upSeconds)}` : null,
      silo.version ? `lisa ${silo.version.split('+')[0]}` : null].filter(Boolean).join(' · '));
    setText(this.parts, stage ? format.parts(stage.parts) : gone || !ofRun ? '' : 'Holds no part of this run');
    this.parts.hidden = this.parts.textContent === '';
    this.share.hidden = !stage || replicas === 1;
    setText(this.share, this.share.hidden ? '' : shareOf(stage, run));
    const chips = (stage?.parts ?? []).map((p) => ({ part: p, on: run.memory[p]?.trainable || active.has(p) }));
    keyed(this.chips, chips, (c) => c.part, (c) => ({ element: h('span', { class: 'chip', title: c.part }) }),
      (chip, c) => setAttribute(chip.element, 'data-on', c.on));
    this.memoryRow.hidden = !stage;
    if (stage) this.updateMemory(held(stage, replicas, run), most, silo.memoryBytes);
    this.busyRow.hidden = gone;
    const share = silo.utilisation;
    setAttribute(this.meter, 'aria-valuenow', Math.round((share ?? 0) * 100));
    setAttribute(this.meter, 'aria-valuetext', share === null || share === undefined ? 'measuring' : `${Math.round(share * 100)} percent busy`);
    this.fill.style.width = `${Math.round((share ?? 0) * 100)}%`;
    setText(this.busy, share === null || share === undefined ? 'measuring' : format.percent(share));
  }

  updateMemory(sums, most, offered) {
    const whole = offered || most;
    sums.forEach((n, i) => { this.bar.children[i].style.width = `${(100 * n) / whole}%`; });
    setText(this.memory, `${format.bytes(sums.reduce((a, b) => a + b, 0))}${offered ? ` of ${format.bytes(offered)}` : ''}`);
    setAttribute(this.memory, 'title', kinds.map(([, name], i) => `${name} ${format.bytes(sums[i])}`).join(', '));
  }
}
