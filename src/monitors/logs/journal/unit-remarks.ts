/** What systemd's properties of a unit mean for a rig that watches its lines in the journal. */
import type { UnitProperties } from '../../../host/systemd.ts';
import { outputFileOf } from './unit-files.ts';

/** What is asked for; see org.freedesktop.systemd1(5). */
export const unitProperties = [
  ...['Id', 'LoadState', 'FragmentPath', 'DropInPaths'],
  ...['LogNamespace', 'LogLevelMax', 'StandardOutput', 'StandardError'],
];

/** What the user should know of a unit, first of all why it may never log. `name` is the full name that was typed. */
export function remarksOn(unit: UnitProperties, name: string): string[] {
  const { Id = name, LoadState = 'loaded' } = unit;
  if (LoadState === 'not-found')
    return [
      `systemd knows no unit ${name}; for a user's unit: --journal-match _SYSTEMD_USER_UNIT=${name}, ` +
        `for a program: --journal-match SYSLOG_IDENTIFIER=${name.replace(/\.service$/, '')}`,
    ];
  if (LoadState === 'masked') return [`${name} is masked: systemd does not start it`];
  if (LoadState !== 'loaded') return [`systemd cannot load ${name} (${LoadState}): systemctl status says why`];
  return [
    ...(Id === name ? [] : [`${name} is an alias of ${Id}, which is watched instead`]),
    ...namespaceRemark(unit),
    ...levelRemark(unit),
    ...outputRemark(unit),
  ];
}

function namespaceRemark({ LogNamespace = '' }: UnitProperties): string[] {
  return LogNamespace === '' ? [] : [`its lines are in the journal namespace ${LogNamespace}, which is watched, too`];
}

function levelRemark({ LogLevelMax = '' }: UnitProperties): string[] {
  // -1 and 7 let everything pass.
  return /^[0-6]$/.test(LogLevelMax)
    ? [`lines of a lower priority than ${LogLevelMax} are dropped (LogLevelMax=)`]
    : [];
}

/** Where the two outputs go is told for those that do not go to the journal. systemd's own lines are there always. */
function outputRemark(unit: UnitProperties): string[] {
  const { StandardOutput = '', StandardError = 'inherit' } = unit;
  return [
    ...whereInstead(unit, 'StandardOutput', StandardOutput),
    ...(StandardError === StandardOutput ? [] : whereInstead(unit, 'StandardError', StandardError)),
  ];
}

function whereInstead(unit: UnitProperties, setting: 'StandardOutput' | 'StandardError', value: string): string[] {
  const output = setting === 'StandardOutput' ? 'its standard output' : 'its standard error';
  if (value === 'null') return [`${output} is thrown away (${setting}=null)`];
  if (value === 'kmsg') return [`${output} goes to the kernel's log: --journal-match _TRANSPORT=kernel`];
  if (!/^(?:file|append|truncate)/.test(value)) return [];
  const file = outputFileOf(unit, setting);
  return file === undefined
    ? [`${output} goes to a file (${setting}=${value}), not to the journal: watch it with --logfile`]
    : [`${output} goes to a file, not to the journal: watch it with --logfile ${file}`];
}
