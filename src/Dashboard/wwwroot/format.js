const whole = new Intl.NumberFormat('en', { maximumFractionDigits: 0 });

const whole3 = new Intl.NumberFormat('en', { maximumSignificantDigits: 6 });

export const count = (n) => whole.format(n);

export const loss = (n) => (Number.isFinite(n) ? n.toFixed(n >= 100 ? 2 : 4) : '–');

export function rate(n) {
  // JSON has NaN and infinity as words.
  if (!Number.isFinite(n)) return String(n);
  if (n === 0) return '0';
  const [digits, exponent] = n.toExponential(2).split('e');
  return `${digits}e${Number(exponent)}`;
}

export const perSecond = (n) => n === 0 ? '0' : (n >= 100 ? whole.format(n) : n >= 10 ? n.toFixed(1) : n.toFixed(2));

/** A number on an axis, as short as possible without being wrong. */
export const tick = (n) => (n !== 0 && (Math.abs(n) >= 1e6 || Math.abs(n) < 1e-4) ? String(n.toExponential()).replace('e+', 'e') : whole3.format(n));

/** Multiply-adds of a device in a second. */
export const speed = (n) => `${(n / 1e9).toFixed(n >= 1e11 ? 0 : 1)} G multiply-adds/s`;

export const percent = (share) => `${Math.round(share * 100)} %`;

export function bytes(n) {
  const units = ['B', 'kB', 'MB', 'GB', 'TB'];
  let unit = 0;
  while (n >= 1000 && unit < units.length - 1) [n, unit] = [n / 1000, unit + 1];
  return `${unit === 0 || n >= 100 ? Math.round(n) : n.toFixed(1)} ${units[unit]}`;
}

export function duration(seconds) {
  if (seconds < 1) return seconds >= 0.001 ? `${Math.round(seconds * 1000)} ms` : '0 s';
  if (seconds < 10) return `${seconds.toFixed(1)} s`;
  const s = Math.round(seconds);
  const two = (n) => String(n).padStart(2, '0');
  if (s < 60) return `${s} s`;
  if (s < 3600) return `${Math.floor(s / 60)} min ${two(s % 60)} s`;
  if (s < 172800) return `${Math.floor(s / 3600)} h ${two(Math.floor((s % 3600) / 60))} min`;
  return `${Math.floor(s / 86400)} d ${Math.floor((s % 86400) / 3600)} h`;
}

export const clock = (time) => new Date(time).toLocaleTimeString('en-GB');

export const dateAndClock = (time) => {
  const date = new Date(time);
  const today = new Date().toDateString() === date.toDateString();
  return today ? clock(time) : `${date.toISOString().slice(0, 10)} ${clock(time)}`;
};

/** A silo's address, without the part that only Orleans needs. */
export const silo = (address) => address.split('@')[0];

/** A silo's parts in a few words: "embedding, layers 0–3". */
export function parts(names) {
  const layers = names.filter((n) => n.startsWith('layer-')).map((n) => Number(n.slice(6)));
  const words = layers.length > 0 ? [layers.length > 1 ? `layers ${ranges(layers)}` : `layer ${layers[0]}`] : [];
  return [...names.filter((n) => n === 'embedding'), ...words, ...names.filter((n) => n === 'head')].join(', ');
}

export function ranges(numbers) {
  const out = [];
  for (const n of numbers) {
    const last = out.at(-1);
    if (last && last[1] === n - 1) last[1] = n;
    else out.push([n, n]);
  }
  return out.map(([a, b]) => (a === b ? `${a}` : `${a}–${b}`)).join(', ');
}

export const states = {
  queued: 'Queued', starting: 'Starting', running: 'Running', recovering: 'Recovering',
  paused: 'Paused', succeeded: 'Succeeded', failed: 'Failed', cancelled: 'Cancelled',
};
