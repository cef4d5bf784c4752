/** Lines in which a text was found and which do not count all the same: why, and how many. */
import type { Json } from '../../plugin.ts';
import { EchoRule } from './echo.ts';
import type { Matcher } from './matcher.ts';
import { compileMatcher } from './matcher.ts';
import type { LogsPlan } from './plan.ts';
import type { LineMatch } from './source.ts';

export type Reason = 'echo of a rig' | 'excluded' | 'seen in another source';

/** So much of the last one is shown. */
const shownBytes = 200;

export class PassedOver {
  readonly #echo: EchoRule | undefined;
  readonly #excluded: Matcher | undefined;
  readonly #counts = new Map<Reason, number>();
  #lastEcho: string | undefined;

  constructor({ exclude = [], names, echo }: LogsPlan) {
    this.#echo = echo ? undefined : new EchoRule(names);
    this.#excluded = exclude.length > 0 ? compileMatcher(...exclude) : undefined;
  }

  /** Why a line is passed over, which is thereby counted; undefined when it is not. */
  reasonFor({ line, identifier }: LineMatch): Reason | undefined {
    const reason = this.#echo?.isEcho(line, identifier)
      ? 'echo of a rig'
      : this.#excluded?.test(line)
        ? 'excluded'
        : undefined;
    if (reason === undefined) return undefined;
    this.count(reason);
    if (reason === 'echo of a rig') this.#lastEcho = line.toString('utf8', 0, shownBytes);
    return reason;
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
