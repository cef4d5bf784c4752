/** Asks systemd about the units of `--journal`, so that a wrong name is noticed while the user is still there. */
import { showUnits, type UnitProperties } from '../../../host/systemd.ts';
import { completeUnitName, instancesOf, isGlob, isTemplate, withInstance } from './selection/unit-name.ts';
import { findAliased } from './unit-files.ts';
import { remarksOn, unitProperties } from './unit-remarks.ts';

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
  const shown = await showUnits(pattern, unitProperties);
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
  if (!isTemplate(name)) return (await showUnits(name, unitProperties))?.[0];
  const [unit] = (await showUnits(withInstance(name, 'x'), unitProperties)) ?? [];
  return unit && { ...unit, Id: withInstance(unit.Id ?? name, '') };
}

const namespaceOf = ({ LogNamespace = '' }: UnitProperties): string[] => (LogNamespace === '' ? [] : [LogNamespace]);
