/** What systemd says of units. */
import { findProgram } from './programs/find-program.ts';
import { runProgram } from './programs/run-program.ts';

/** On a sick host systemd may not answer at all. */
const answerMs = 2000;

/** Properties by their names: org.freedesktop.systemd1(5). */
export type UnitProperties = Record<string, string>;

/** The units with a full name, or those that fit a pattern; undefined where systemd does not answer. See systemctl(1), show. */
export async function showUnits(name: string, properties: readonly string[]): Promise<UnitProperties[] | undefined> {
  const systemctl = await findProgram('systemctl');
  if (systemctl === undefined) return undefined;
  const args = ['show', `--property=${properties.join()}`, '--', name];
  const limits = { signal: AbortSignal.timeout(answerMs), endWith: 'SIGKILL' } as const;
  const answer = await runProgram(systemctl, args, limits).catch(() => undefined);
  return answer?.exitCode === 0 ? parseShown(answer.stdout) : undefined;
}

/** Parses what `systemctl show` prints: `Property=value` lines, with an empty line between units. */
export function parseShown(text: string): UnitProperties[] {
  const paragraphs = text.split('\n\n').filter((paragraph) => paragraph.trim() !== '');
  return paragraphs.map((paragraph) =>
    Object.fromEntries([...paragraph.matchAll(/^(\w+)=(.*)$/gm)].map(([, name, value]) => [name, value])),
  );
}
