// What is told of many times.

/** The median, and between what the middle half of them are. */
export function spread(times) {
  const sorted = times.toSorted((one, other) => one - other);
  const at = (part) => sorted[Math.round(part * (sorted.length - 1))];
  return { payments: sorted.length, median: at(0.5), low: at(0.25), high: at(0.75) };
}

/** Nanoseconds as microseconds, in three digits at least. */
export function microseconds(nanoseconds) {
  const digits = nanoseconds < 100_000 ? 1 : 0;
  const format = { minimumFractionDigits: digits, maximumFractionDigits: digits };
  return (nanoseconds / 1000).toLocaleString("en", format);
}

/** A ratio, in three digits at most. */
export function ratio(number) {
  return number.toLocaleString("en", { maximumSignificantDigits: number < 10 ? 2 : 3 });
}
