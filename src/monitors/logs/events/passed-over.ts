/** Why a line that matches does not count. */
import type { Verdict } from '../matching/verdict.ts';
import type { LogsPlan } from '../plan.ts';
import type { LineMatch } from '../source.ts';
import { EchoRule, isOfRig } from './echo.ts';

/** How much of an echo is shown, so that a wrong guess is noticed. */
const shownBytes = 200;

export interface Objection {
  reason: 'logged by rig' | 'echo of a rig' | 'excluded';
  text?: string;
}

/** Makes the function that says why a line does not count; it gives undefined where it does. */
export function objectionsOf({
  names,
  echo,
}: LogsPlan): (match: Pick<LineMatch, 'line' | 'identifier'>, verdict: Verdict) => Objection | undefined {
  const rule = echo ? undefined : new EchoRule(names);
  return ({ line, identifier }, { isExcluded }) => {
    if (isOfRig(line, identifier)) return { reason: 'logged by rig' };
    if (rule?.isEcho(line, identifier)) return { reason: 'echo of a rig', text: line.toString('utf8', 0, shownBytes) };
    return isExcluded ? { reason: 'excluded' } : undefined;
  };
}
