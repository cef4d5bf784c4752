/** Lines in which a text was found and which do not count all the same: why, and how many. */
import type { Json } from '../../../json.ts';
import type { Verdict } from '../matching/verdict.ts';
import type { LogsPlan } from '../plan.ts';
import type { LineMatch } from '../source.ts';
import { EchoRule, isOfRig } from './echo.ts';

export type Reason =
  | 'logged by rig'
  | 'echo of a rig'
  | 'excluded'
  | 'seen in another source'
  | 'its kind is captured'
  | 'of too many kinds'
  /** Why the rig holds back: it says so itself. */
  | (string & {});

/** So much of the last one is shown. */
const shownBytes = 200;

export class PassedOver {
  readonly #echo: EchoRule | undefined;
  readonly #counts = new Map<Reason, number>();
  #lastEcho: string | undefined;

  constructor({ names, echo }: LogsPlan) {
    this.#echo = echo ? undefined : new EchoRule(names);
  }

  /** Why a line is passed over, which is thereby counted; undefined when it is not. */
  reasonFor({ line, identifier }: LineMatch, verdict: Verdict): Reason | undefined {
    const reason = this.#reasonFor(line, identifier, verdict);
    if (reason !== undefined) this.count(reason);
    if (reason === 'echo of a rig') this.#lastEcho = line.toString('utf8', 0, shownBytes);
    return reason;
  }

  #reasonFor(line: Buffer, identifier: string | undefined, verdict: Verdict): Reason | undefined {
    if (isOfRig(line, identifier)) return 'logged by rig';
    if (this.#echo?.isEcho(line, identifier)) return 'echo of a rig';
    return verdict.isExcluded ? 'excluded' : undefined;
  }

  count(reason: Reason): void {
    this.#counts.set(reason, (this.#counts.get(reason) ?? 0) + 1);
  }

  /** For the status: the reasons with their figures, and the last echo, so that a wrong guess can be seen. */
  status(): { [key: string]: Json } {
    return {
      passedOver: Object.fromEntries(this.#counts),
      ...(this.#lastEcho === undefined ? {} : { lastEcho: this.#lastEcho }),
    };
  }
}
