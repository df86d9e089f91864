/** The distance of two numbers; 0 where they differ by rounding only, as the means of equal numbers do. */
export const distance = (low, high) => (high - low > 1e-9 * Math.max(Math.abs(low), Math.abs(high)) ? high - low : 0);

/** Round numbers between two numbers, about as many as asked for. */
export function ticks(low, high, about) {
  if (!distance(low, high)) return [low];
  const raw = (high - low) / Math.max(1, about);
  const power = 10 ** Math.floor(Math.log10(raw));
  const step = [1, 2, 2.5, 5, 10].map((m) => m * power).find((s) => s >= raw - power * 1e-9);
  const out = [];
  for (let i = Math.ceil(low / step - 1e-9); i * step <= high + step * 1e-9; i++) out.push(Number((i * step).toPrecision(12)));
  return out;
}

/** Like ticks, for whole numbers. */
export const wholeTicks = (low, high, about) => [...new Set(ticks(low, high, about).map(Math.round))].filter((n) => n >= low && n <= high);

/** Round numbers between two numbers above 0 for a logarithmic axis, about as many as asked for. */
export function logTicks(low, high, about) {
  const all = [];
  for (let power = Math.floor(Math.log10(low)); power <= Math.log10(high); power++) all.push(...[1, 2, 5].map((m) => Number(`${m}e${power}`)));
  const inside = all.filter((t) => t >= low && t <= high);
  const tens = inside.filter((t) => /^1/.test(t.toExponential()));
  return inside.length <= about * 2 || tens.length < 2 ? inside : tens;
}

/** The highest value that an axis shows: a few values far above all others, such as a run's first losses, would flatten the rest. */
export function highest(values) {
  const most = Math.max(...values);
  if (values.length < 20) return most;
  const sorted = values.toSorted((a, b) => a - b);
  const at = (share) => sorted[Math.round(share * (sorted.length - 1))];
  return Math.min(most, at(0.95) + (at(0.95) - at(0.05)) / 2);
}

/** A linear map. */
export const linear = (low, high, from, to) => {
  const span = high - low || 1;
  return (n) => from + ((n - low) / span) * (to - from);
};

/** Debiased exponential mean, as in TensorBoard: weight is the share of the past. */
export function smooth(values, weight) {
  let [mean, past] = [0, 1];
  return values.map((v) => {
    mean = mean * weight + v * (1 - weight);
    past *= weight;
    return mean / (1 - past);
  });
}
