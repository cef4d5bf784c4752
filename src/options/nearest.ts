/** Guesses the word that was meant. */
import leven from 'leven';

/** The candidate nearest to a mistyped word; undefined if none is near. */
export function nearest(typed: string, candidates: string[]): string | undefined {
  const ranked = candidates.map((candidate) => ({ candidate, distance: leven(typed, candidate) }));
  ranked.sort((a, b) => a.distance - b.distance);
  const best = ranked[0];
  if (!best) return undefined;
  // A pair of swapped letters counts twice.
  const least = sorted(best.candidate) === sorted(typed) ? 2 : 1;
  const limit = Math.min(typed.length - 1, Math.max(least, Math.floor(typed.length / 3)));
  return best.distance <= limit ? best.candidate : undefined;
}

const sorted = (word: string): string => [...word].sort().join('');
