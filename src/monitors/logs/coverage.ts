/** What is known to be missing from a source: every gap with its cause, for the certificate in `rig info` and the manifest. */

/** A type and not an interface: only a type fits the status's `Json`. */
export type Gap = {
  cause: string;
  /** How often it occurred. */
  times: number;
  /** How many lines or entries are missing for it, as far as that is known. */
  missing: number | null;
  /** How many bytes of a file are missing, at least, where that is known. */
  missingBytes?: number;
  first: string;
  last: string;
};

/** Each unit and each kernel function that is rate-limited is a cause of its own; a hostile one must not fill the memory. */
const mostCauses = 100;
const furtherCauses = 'further causes';

export class Gaps {
  readonly #gaps = new Map<string, Gap>();

  /** Notes that bytes of a file are missing: at least so many. */
  addBytes(cause: string, bytes: number): void {
    this.add(cause);
    const gap = this.#gaps.get(cause) ?? this.#gaps.get(furtherCauses);
    if (gap) gap.missingBytes = (gap.missingBytes ?? 0) + bytes;
  }

  /** Notes a gap; `missing` is undefined where nobody knows how much there was. */
  add(cause: string, missing?: number): void {
    const now = new Date().toISOString();
    const key = this.#gaps.size < mostCauses || this.#gaps.has(cause) ? cause : furtherCauses;
    const known = this.#gaps.get(key);
    if (!known) this.#gaps.set(key, { cause: key, times: 1, missing: missing ?? null, first: now, last: now });
    else {
      known.times++;
      known.last = now;
      known.missing = known.missing === null || missing === undefined ? null : known.missing + missing;
    }
  }

  get isEmpty(): boolean {
    return this.#gaps.size === 0;
  }

  list(): Gap[] {
    return [...this.#gaps.values()];
  }
}

/** Who says what has not been logged, by SYSLOG_IDENTIFIER. */
export const tellersOfLoss: ReadonlySet<string> = new Set(['systemd-journald', 'kernel']);

/** journald's own words when a service logs too much, and the kernel's: printk_ratelimit and its like. */
const suppressed =
  /^Suppressed (\d+) messages from |(?:^|: )(\d+) (?:callbacks|messages|printk messages) (?:suppressed|dropped)/;

/** What a message says was never logged; `identifier` is who says so. Undefined when it says nothing of the kind. */
export function suppressionIn(
  message: Buffer | undefined,
  identifier: string | undefined,
): { cause: string; missing: number } | undefined {
  if (!message || identifier === undefined || !tellersOfLoss.has(identifier)) return undefined;
  const text = message.toString('utf8', 0, 200);
  const found = suppressed.exec(text);
  if (!found) return undefined;
  const missing = Number(found[1] ?? found[2]);
  return { cause: `${identifier}: ${text.replace(String(missing), 'N')}`, missing };
}
