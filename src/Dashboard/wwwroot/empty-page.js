import { h } from './dom.js';
import { Silos } from './silos.js';

/** What is shown while there is no run. */
export class EmptyPage {
  constructor(title, ...text) {
    this.silos = new Silos();
    this.element = h('div', { class: 'page' },
      h('section', { class: 'card empty', 'aria-labelledby': 'run-title' }, h('h1', { id: 'run-title' }, title),
        ...text.map((t) => (typeof t === 'string' ? h('p', {}, t) : t))),
      this.silos.element);
  }

  update(_, overview) {
    this.silos.element.hidden = !overview;
    if (overview) this.silos.update(overview.silos, null);
  }
}

export const noRuns = () => new EmptyPage('No run yet', 'Submit one, and it appears here within seconds:',
  h('pre', { tabindex: '0' },
    h('code', {}, 'lisa submit --cluster-id ID --redis HOST:PORT --store … \\\n  --run-name first --model DIR --data FILE')));
