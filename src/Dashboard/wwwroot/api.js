// Asks this silo, with the key that somebody typed in if the silo wants one. The key lives as long as the tab.

const storage = 'lisa-key';

export class Refused extends Error {
  constructor(status, message) {
    super(message);
    this.status = status;
  }
}

export const hasKey = () => sessionStorage.getItem(storage) !== null;

export function setKey(key) {
  if (key) sessionStorage.setItem(storage, key);
  else sessionStorage.removeItem(storage);
}

export const get = (path) => call('GET', path, 15000);

export const act = (run, action) => call('POST', `/dashboard/api/runs/${encodeURIComponent(run)}/${action}`, 30000);

const history = (run) => `/dashboard/api/runs/${encodeURIComponent(run)}/history`;

/** The manifests that a run keeps. There may be thousands, each of which is read once. */
export const getHistory = (run) => call('GET', history(run), 60000);

/** What the parts of a manifest are made of. */
export const getParts = (run, step) => get(`${history(run)}/${step}`);

/** In what two manifests differ. Weights are read for it, so it may take minutes. */
export const getDifference = (run, from, to, signal) =>
  call('GET', `${history(run)}/${from}/difference?to=${to}`, 600000, signal);

/** Makes a run that goes on from a manifest. */
export const fork = (run, step, name) => call('POST', `${history(run)}/${step}/fork?name=${encodeURIComponent(name)}`, 30000);

/** Exchanges the key for a cookie that opens Orleans' own dashboard. */
export const beginSession = () => call('POST', '/dashboard/api/session', 30000);

async function call(method, path, patience, given) {
  const headers = { Accept: 'application/json' };
  const key = sessionStorage.getItem(storage);
  if (key) headers.Authorization = `Bearer ${key}`;
  const patient = AbortSignal.timeout(patience);
  const response = await fetch(path, { method, headers, cache: 'no-store', signal: given ? AbortSignal.any([given, patient]) : patient });
  if (response.status === 204) return null;
  if (response.ok) return response.json();
  let message = `${response.status} ${response.statusText}`;
  try {
    const body = await response.json();
    message = body.error?.message ?? body.error ?? message;
  } catch { /* the status says enough */ }
  throw new Refused(response.status, message);
}
