import { h, setAttribute, setText } from './dom.js';
import { beginSession, get, hasKey } from './api.js';
import { askKey } from './dialogs.js';
import { RunData } from './run-data.js';
import { RunList } from './run-list.js';
import { RunPage } from './run-page.js';
import { ComparePage } from './compare-page.js';
import { EmptyPage, noRuns } from './empty-page.js';
import * as format from './format.js';

const often = 1000;
const seldom = 5000;
const mostCompared = 6;
const main = document.getElementById('main');
const connection = document.getElementById('connection');
const announce = document.getElementById('announce');

let overview = null;
let page = null;
let pageName = null;
let turn = null;
let busy = false;
const followed = new Map();
const announced = new Map();
const list = new RunList(document.getElementById('runs'), (names) => {
  location.hash = names.length > 1 ? `#/compare/${names.slice(0, mostCompared).map(encodeURIComponent).join(',')}`
    : names.length === 1 ? `#/run/${encodeURIComponent(names[0])}` : '#/';
});

/** The runs that the address names; if it names none, the most active run. */
function selected() {
  const [, kind, names] = /^#\/(run|compare)\/(.+)$/.exec(location.hash) ?? [];
  if (kind) {
    try { return [...new Set(names.split(',').map(decodeURIComponent))].slice(0, mostCompared); } catch { /* not the name of a run */ }
  }
  return list.runs.length > 0 ? [list.runs[0].status.run] : [];
}

function show(name, create) {
  if (pageName === name) return;
  [page, pageName] = [create(), name];
  main.replaceChildren(page.element);
}

async function look() {
  overview = await get('/dashboard/api/overview');
  list.take(overview.runs);
  const names = selected();
  list.show(names);
  setText(document.getElementById('cluster'), overview.cluster ? `cluster ${overview.cluster}` : 'one silo');
  tellChanges();
  for (const name of followed.keys()) if (!names.includes(name)) followed.delete(name);
  const runs = await Promise.all(names.map(follow));
  const there = runs.filter((r) => r !== null);
  if (overview.runs.length === 0 && names.length === 0 && overview.problem) show('problem',
    () => new EmptyPage('Runs cannot be listed', `${overview.problem}. The page tries again by itself.`));
  else if (overview.runs.length === 0 && names.length === 0) show('', noRuns);
  else if (there.length === 0) show(`missing ${names}`, () => new EmptyPage(`There is no run ${names.join(', ')}`,
    'It may have been deleted, or the address is wrong. The list has all runs that there are.'));
  else if (there.length === 1) show(`run ${there[0].name}`, () => new RunPage(there[0].name, { again: soon }));
  else show('compare', () => new ComparePage());
  page.update(there, overview);
  document.title = there.length === 1 ? `${there[0].name} · ${format.states[there[0].status.state]} · LisaOrleans` : 'LisaOrleans';
}

async function follow(name) {
  if (!followed.has(name)) followed.set(name, new RunData(name));
  const run = followed.get(name);
  try {
    run.merge(await get(run.path()));
    return run;
  } catch (e) {
    if (e.status === 404 || e.status === 400) return null;
    throw e;
  }
}

// Tells a screen reader about changes that happen by themselves: the states of runs and of silos.
function tellChanges() {
  const now = new Map([
    ...overview.runs.map((r) => [`Run ${r.status.run}`, format.states[r.status.state]]),
    ...overview.silos.map((s) => [`Silo ${format.silo(s.address)}`, { active: 'alive', silent: 'does not answer' }[s.state] ?? s.state]),
  ]);
  const changes = [...now].filter(([name, state]) => announced.size > 0 && announced.get(name) !== state).map(([name, state]) => `${name}: ${state}`);
  announced.clear();
  for (const [name, state] of now) announced.set(name, state);
  if (changes.length > 0) setText(announce, changes.join('. '));
}

function connected(state, text) {
  setAttribute(connection, 'data-state', state);
  setText(connection, text);
}

async function round() {
  if (busy) return;
  busy = true;
  clearTimeout(turn);
  try {
    await look();
    connected(overview.problem ? 'lost' : 'live', overview.problem ? `Live, but ${overview.problem}` : 'Live');
  } catch (e) {
    if (e.status === 401 || (e.status === 403 && !hasKey())) {
      connected('waiting', 'Needs a key');
      await askKey(hasKey() ? 'This silo does not know the key that was given.' : 'This silo asks for a key.');
    } else {
      connected('lost', 'Not connected');
      if (!page) show('lost', () => new EmptyPage('This silo does not answer', `${e.message}. The page tries again by itself.`));
      if (!(e instanceof TypeError) && e.name !== 'TimeoutError' && e.status === undefined) console.error(e);
    }
  } finally {
    busy = false;
    turn = setTimeout(round, document.hidden ? seldom : often);
  }
}

function soon() {
  clearTimeout(turn);
  turn = setTimeout(round, 0);
}

// A link sends no key, so if there is one, the page gets a cookie first.
const grains = document.getElementById('grains');
grains.addEventListener('click', async (event) => {
  if (!hasKey()) return;
  event.preventDefault();
  try {
    await beginSession();
    location.assign(grains.href);
  } catch (e) {
    setText(announce, `Grains cannot be opened: ${e.message}`);
    connected('lost', `Grains cannot be opened: ${e.message}`);
  }
});

main.append(h('p', { class: 'plot-empty', id: 'loading' }, 'Loading'));
addEventListener('hashchange', soon);
document.addEventListener('visibilitychange', () => { if (!document.hidden) soon(); });
round();
