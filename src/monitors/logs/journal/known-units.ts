/** Units that systemd or the journal knows of: a name that is mistyped should be noticed while the user is still there. */
import { setImmediate as nextTurn } from 'node:timers/promises';
import { namesIn } from '../../../host/folders.ts';
import { nearest } from '../../../options/nearest.ts';
import type { JournalPlan } from '../plan.ts';
import { orUndefined } from './format/error.ts';
import { JournalFile } from './format/journal-file.ts';
import { findJournalFiles, isLiveName } from './locations.ts';
import { isGlob } from './selection/glob.ts';
import { compileUnit, unitFields } from './selection/selection.ts';
import { completeUnitName } from './selection/unit-name.ts';

/** Where systemd looks for units: systemd.unit(5), "System Unit Search Path". */
const unitFolders = [
  ...['system.control', 'system', 'system.attached'].map((name) => `/etc/systemd/${name}`),
  ...['system.control', 'transient', 'generator.early', 'system', 'system.attached', 'generator', 'generator.late'].map(
    (name) => `/run/systemd/${name}`,
  ),
  ...['/usr/local/lib', '/usr/lib', '/lib'].map((lib) => `${lib}/systemd/system`),
];
/** Of each unit that is active it has a link `invocation:NAME`. */
const activeUnits = '/run/systemd/units';
/** Those that systemd makes itself. */
const builtIn = ['-.slice', 'system.slice', 'init.scope'];
/** Of these there need be no trace: they come and go with devices. */
const ofDevice = /\.(?:device|mount|automount|swap)$/;

/** How long the journal is searched. */
const withinMs = 100;

/** Tells of each unit in a plan that nobody knows of. Takes a tenth of a second at most, and never throws. */
export async function tellUnknownUnits({ dir, selection }: JournalPlan, remark: (text: string) => void): Promise<void> {
  const named = dir === undefined ? namesInSystemd() : [];
  let asked = selection
    .filter((each) => !each.includes('='))
    .map((typed) => {
      const unit = completeUnitName(typed);
      return { typed, unit, isOf: compileUnit(unit) };
    })
    .filter(({ unit, isOf }) => !ofDevice.test(unit) && !named.some(isOf) && !named.includes(templateOf(unit)));
  const logged = new Set<string>();
  let isComplete = true;
  const untilMs = performance.now() + withinMs;
  for (const path of newestFirst(findJournalFiles(dir))) {
    if (asked.length === 0) return;
    const isRead = performance.now() < untilMs && addNamesIn(path, logged, untilMs);
    isComplete &&= isRead;
    asked = asked.filter(({ isOf }) => !logged.values().some(isOf));
    await nextTurn();
  }
  const nobody = nobodyKnows(dir, isComplete);
  for (const { typed, unit } of asked) {
    const meant = isGlob(unit) ? undefined : nearest(unit, [...new Set([...named, ...logged])]);
    const hint = meant === undefined ? '' : `; did you mean ${meant}?`;
    remark(`--journal ${typed}: ${nobody} ${isGlob(unit) ? 'that fits' : unit}${hint}`);
  }
}

function nobodyKnows(dir: string | undefined, isComplete: boolean): string {
  const extent = isComplete ? '' : ', as far as it was looked at,';
  if (dir !== undefined) return `the journal in ${dir}${extent} knows no unit`;
  return `neither systemd nor the journal${extent} knows a unit`;
}

function namesInSystemd(): string[] {
  const active = namesIn(activeUnits).map((name) => name.slice(name.indexOf(':') + 1));
  return [...builtIn, ...active, ...unitFolders.flatMap(namesIn)];
}

/** `getty@.service` for `getty@tty1.service`. */
function templateOf(unit: string): string {
  return unit.replace(/@[^@]*(\.\w+)$/, '@$1');
}

/** Adds the names of units that a file has. Returns whether all of it was read. */
function addNamesIn(path: string, names: Set<string>, untilMs: number): boolean {
  const file = orUndefined(() => JournalFile.open(path));
  if (!file) return false;
  const isRead = orUndefined(() => {
    for (const value of file.valuesOf(unitFields)) {
      names.add(value.toString());
      if (performance.now() >= untilMs) return false;
    }
    return true;
  });
  file.close();
  return isRead ?? false;
}

function newestFirst(paths: string[]): string[] {
  return [...paths.filter(isLiveName), ...paths.filter((path) => !isLiveName(path))];
}
