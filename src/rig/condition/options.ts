/** The options of the conditions that monitors share: how often, within which time, for how long. */
import type { Option, OptionTable, Values } from '../../options/table.ts';
import { formatDuration } from '../../options/units.ts';
import type { AnyMonitor } from '../../plugin.ts';
import type { ConditionRules } from '../records/spec.ts';

/** For monitors that see events. */
const eventOptions = {
  count: {
    kind: 'count',
    hint: 'N',
    default: 1,
    summary: 'Trigger on the Nth match',
    excludes: ['absent'],
  },
  within: { kind: 'duration', hint: 'DURATION', summary: 'Time for --count', needs: ['count'] },
  absent: {
    kind: 'duration',
    hint: 'DURATION',
    summary: 'Trigger when there was no match for this long',
    excludes: ['distinct'],
  },
  distinct: {
    kind: 'count',
    otherwise: 1,
    hint: 'N',
    summary: 'N triggers (default: 1) for each kind of match',
    needs: ['restart'],
  },
} as const satisfies OptionTable;

/** For monitors that can also look for a second text. */
const sequenceOptions = {
  within: {
    kind: 'duration',
    hint: 'DURATION',
    summary: 'Time for --count, --then and --unless',
    needs: ['count', 'then', 'unless'],
  },
  // biome-ignore lint/suspicious/noThenProperty: an option table is never awaited
  then: {
    kind: 'text',
    hint: 'TEXT',
    summary: 'Trigger when TEXT follows a match, --within',
    needs: ['within'],
    excludes: ['unless', 'count', 'absent', 'distinct'],
  },
  unless: {
    kind: 'text',
    hint: 'TEXT',
    summary: 'Trigger when TEXT does not follow a match, --within',
    needs: ['within'],
    excludes: ['count', 'absent', 'distinct'],
  },
} as const satisfies OptionTable;

/** For monitors that look at levels. */
const levelOptions = {
  for: {
    kind: 'duration',
    orZero: true,
    hint: 'DURATION',
    default: 0,
    summary: 'Trigger when it was so for this long',
  },
  cycles: { kind: 'count', hint: 'N', default: 1, summary: 'Trigger when it was so at N looks in a row' },
} as const satisfies OptionTable;

type SharedValues = Partial<Values<typeof eventOptions & typeof sequenceOptions & typeof levelOptions>>;

/** The names of a monitor's options that wait for events, or look at levels. */
const namesOf = (monitor: AnyMonitor, gives: 'event' | 'level'): string[] =>
  Object.entries<Option>(monitor.options).flatMap(([name, option]) => (option.gives === gives ? [name] : []));

/** These options, each of which needs one of the monitor's that `names` holds. */
function about(names: string[], options: OptionTable): OptionTable {
  if (names.length === 0) return {};
  return Object.fromEntries(
    Object.entries(options).map(([name, option]) => [name, { ...option, needs: option.needs ?? names }]),
  );
}

/** The shared conditions that a monitor takes, by what its own options give. */
export function conditionOptions(monitor: AnyMonitor): OptionTable {
  const [events, levels] = [namesOf(monitor, 'event'), namesOf(monitor, 'level')];
  return {
    ...about(events, monitor.hasSecondSlot ? { ...eventOptions, ...sequenceOptions } : eventOptions),
    ...about(levels, levelOptions),
  };
}

/** The rules for the values of these options. */
export function toRules(values: SharedValues): ConditionRules {
  const { count = 1, within, absent, distinct, then: following, unless, for: forMs = 0, cycles = 1 } = values;
  const sequence = following !== undefined ? 'then' : unless !== undefined ? 'unless' : undefined;
  return { count, withinMs: within, absentMs: absent, distinct, sequence, forMs, cycles };
}

/** A condition in words: `no "x" for 30s`. `words` are the monitor's. */
export function describeCondition(
  rules: ConditionRules,
  words: { condition: string; second?: string | undefined },
): string {
  const { count, withinMs, absentMs, distinct, sequence, forMs, cycles } = rules;
  const within = withinMs === undefined ? '' : ` within ${formatDuration(withinMs)}`;
  return [
    absentMs === undefined ? words.condition : `no ${words.condition} for ${formatDuration(absentMs)}`,
    count === 1 ? '' : `, ${count} times${within}`,
    distinct === undefined ? '' : `, each kind ${distinct === 1 ? 'once' : `${distinct} times`}`,
    sequence === 'then' ? ` followed by ${words.second}${within}` : '',
    sequence === 'unless' ? ` not followed by ${words.second}${within}` : '',
    forMs === 0 ? '' : ` for ${formatDuration(forMs)}`,
    cycles === 1 ? '' : `, at ${cycles} looks in a row`,
  ].join('');
}
