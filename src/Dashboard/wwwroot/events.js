import * as format from './format.js';

/** Describes an event: [kind, word, text]; the kind decides its colour and its lane. */
export function tell(event, before) {
  const e = event;
  switch (e.$type) {
    case 'started': return ['start', 'Generation',
      `Generation ${e.generation} began ${e.fromStep ? `after step ${format.count(e.fromStep)}` : 'from the start'}`];
    case 'placed': return [before?.move ? 'move' : 'place', before?.move ? 'Move' : 'Placed',
      `${e.stages.map((s) => `${format.parts(s.parts)} on ${format.silo(s.silo)}`).join('; ')}`];
    case 'manifest': return ['manifest', 'Manifest',
      `Step ${format.count(e.step)}: ${format.bytes(e.bytesWritten)} written, stalled ${format.duration(e.stallSeconds)}`];
    case 'evaluated': return ['other', 'Evaluation',
      `Step ${format.count(e.step)}: loss ${e.evalLoss.toFixed(4)} on the evaluation data, made after the run went on`];
    case 'leaving': return ['preemption', 'Preemption', `${format.silo(e.silo)} is about to leave; its parts move at the next step boundary`];
    case 'recovering': return ['recovery', 'Recovery',
      e.failedStep ? `Step ${format.count(e.failedStep)} failed, back to step ${format.count(e.manifestStep)}: ${e.reason}`
        : `Went on from step ${format.count(e.manifestStep)}: ${e.reason}`];
    case 'ended': return [e.state === 'failed' ? 'failed' : 'end', 'End',
      `${format.states[e.state]} after step ${format.count(e.step)}${e.error ? `: ${e.error}` : ''}`];
    default: return ['other', 'Event', e.$type];
  }
}

/** Events with what to show of them, in order. Parts that are placed again without a recovery have moved. */
export function tellAll(events) {
  let [placed, calm] = [false, false];
  return events.map((event) => {
    const move = event.$type === 'placed' && placed && calm;
    if (event.$type === 'placed') [placed, calm] = [true, true];
    if (event.$type === 'recovering' || event.$type === 'ended') calm = false;
    const [kind, word, text] = tell(event, { move });
    return { event, kind, word, text, time: Date.parse(event.time), entry: event.position.entry };
  });
}
