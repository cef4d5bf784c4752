/** Asks systemd about the units of `--journal`, so that a wrong name is noticed while the user is still there. */
import { findProgram } from '../../../host/programs/find-program.ts';
import { runProgram } from '../../../host/programs/run-program.ts';
import { completeUnitName, isGlob } from './selection/unit-name.ts';

const answerMs = 2000;
/** See org.freedesktop.systemd1(5). */
const properties = ['Id', 'LoadState', 'LogNamespace', 'StandardOutput'];

type UnitProperties = Record<string, string>;

/**
 * Returns the names of the units as the journal has them: where one was typed as an alias, its real name. Remarks on what the
 * user may not expect. Says nothing where systemd does not answer; patterns are not asked about.
 */
export async function askSystemd(typed: readonly string[], remark: (text: string) => void): Promise<string[]> {
  const names = typed.filter((name) => !isGlob(name)).map(completeUnitName);
  const shown = names.length > 0 ? await showUnits(names) : [];
  // The answers come in the order of the names.
  if (shown.length !== names.length) return [...typed];
  return typed.map((name) => {
    const unit = isGlob(name) ? undefined : shown.shift();
    if (!unit) return name;
    for (const text of remarksOn(unit, completeUnitName(name))) remark(`--journal ${name}: ${text}`);
    return unit.Id === undefined || unit.Id === completeUnitName(name) ? name : unit.Id;
  });
}

async function showUnits(names: string[]): Promise<UnitProperties[]> {
  const systemctl = await findProgram('systemctl');
  if (systemctl === undefined) return [];
  const args = ['show', `--property=${properties.join()}`, '--', ...names];
  const limits = { signal: AbortSignal.timeout(answerMs), endWith: 'SIGKILL' } as const;
  // These are hints: creation goes on without them.
  const answer = await runProgram(systemctl, args, limits).catch(() => undefined);
  return answer?.exitCode === 0 ? parseShown(answer.stdout) : [];
}

/** Parses what `systemctl show` prints: `Property=value` lines, with an empty line between units. */
export function parseShown(text: string): UnitProperties[] {
  const paragraphs = text.split('\n\n').filter((paragraph) => paragraph.trim() !== '');
  return paragraphs.map((paragraph) =>
    Object.fromEntries([...paragraph.matchAll(/^(\w+)=(.*)$/gm)].map(([, name, value]) => [name, value])),
  );
}

/** What the user should know of a unit; `name` is the full name that was asked for. */
export function remarksOn(
  { Id = '', LoadState, LogNamespace = '', StandardOutput = '' }: UnitProperties,
  name: string,
): string[] {
  if (LoadState === 'not-found') return [`systemd knows no unit ${name}`];
  return [
    ...(Id === '' || Id === name ? [] : [`${name} is an alias of ${Id}, which is watched instead`]),
    ...(LogNamespace === '' ? [] : [`its lines are in the journal namespace ${LogNamespace}, which is not watched`]),
    ...(/^(?:null|file|append|truncate)\b/.test(StandardOutput)
      ? [`its standard output does not go to the journal (StandardOutput=${StandardOutput})`]
      : []),
  ];
}
