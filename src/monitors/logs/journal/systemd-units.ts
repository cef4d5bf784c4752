/** Asks systemd about the units of `--journal`, so that a wrong name is noticed while the user is still there. */
import { findProgram } from '../../../host/programs/find-program.ts';
import { runProgram } from '../../../host/programs/run-program.ts';
import { completeUnitName, instancesOf, isGlob, isTemplate, withInstance } from './selection/unit-name.ts';
import { findAliased } from './unit-files.ts';
import { remarksOn, type UnitProperties, unitProperties } from './unit-remarks.ts';

const answerMs = 2000;

/** What is watched for the names that were typed. */
export interface WatchedUnits {
  /** Names and patterns of units as the journal has them. */
  units: string[];
  /** The journal namespaces that they log to. */
  namespaces: string[];
}

/**
 * Returns the units as the journal has them: the real name for an alias, all instances for a template. Remarks on what the user
 * may not expect. Takes the names as they are, and says nothing, where systemd does not answer.
 */
export async function askSystemd(typed: readonly string[], remark: (text: string) => void): Promise<WatchedUnits> {
  const all = await Promise.all(typed.map((name) => (isGlob(name) ? askAboutPattern(name) : askAboutUnit(name))));
  for (const [index, { remarks }] of all.entries())
    for (const text of remarks) remark(`--journal ${typed[index]}: ${text}`);
  return {
    units: [...new Set(all.map(({ unit }) => unit))],
    namespaces: [...new Set(all.flatMap(({ namespaces }) => namespaces))],
  };
}

interface Answer {
  unit: string;
  namespaces: string[];
  remarks: string[];
}

/** A pattern stays as it is: it also finds units that come later. */
async function askAboutPattern(pattern: string): Promise<Answer> {
  const shown = await showUnits(pattern);
  const remarks = shown?.length === 0 ? ['no unit that systemd has loaded fits it yet'] : [];
  return { unit: pattern, namespaces: (shown ?? []).flatMap(namespaceOf), remarks };
}

async function askAboutUnit(typed: string): Promise<Answer> {
  const name = completeUnitName(typed);
  const shown = await showUnit(name);
  const aliased = shown?.LoadState === 'not-found' ? findAliased(name) : undefined;
  const unit = aliased === undefined ? shown : await showUnit(aliased);
  const id = unit?.Id ?? name;
  return {
    unit: instancesOf(id === name ? typed : id),
    namespaces: unit ? namespaceOf(unit) : [],
    remarks: unit ? remarksOn(unit, name) : [],
  };
}

/** Of a template any instance is asked about: what holds for one holds for all. */
async function showUnit(name: string): Promise<UnitProperties | undefined> {
  if (!isTemplate(name)) return (await showUnits(name))?.[0];
  const [unit] = (await showUnits(withInstance(name, 'x'))) ?? [];
  return unit && { ...unit, Id: withInstance(unit.Id ?? name, '') };
}

const namespaceOf = ({ LogNamespace = '' }: UnitProperties): string[] => (LogNamespace === '' ? [] : [LogNamespace]);

/** The units with a name, or those that fit a pattern; undefined where systemd does not answer. */
async function showUnits(name: string): Promise<UnitProperties[] | undefined> {
  const systemctl = await findProgram('systemctl');
  if (systemctl === undefined) return undefined;
  const args = ['show', `--property=${unitProperties.join()}`, '--', name];
  const limits = { signal: AbortSignal.timeout(answerMs), endWith: 'SIGKILL' } as const;
  // These are hints: creation goes on without them.
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
