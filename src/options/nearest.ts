/** What somebody meant who mistyped a word. */
import leven from 'leven';

/** The candidate that the user most likely meant, or undefined when none is near. */
export function nearest(typed: string, candidates: string[]): string | undefined {
  const ranked = candidates.map((candidate) => ({ candidate, distance: leven(typed, candidate) }));
  ranked.sort((a, b) => a.distance - b.distance);
  const best = ranked[0];
  // Two: letters that changed places count twice.
  const limit = Math.min(typed.length - 1, Math.max(2, Math.floor(typed.length / 3)));
  return best && best.distance <= limit ? best.candidate : undefined;
}
