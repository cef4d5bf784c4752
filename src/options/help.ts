/** Help, made from the same tables that the parser reads. */
import { isNegatable, type Option, type OptionTable } from './table.ts';
import { formatDuration, formatSize } from './units.ts';

/** What help shows of a subcommand. */
export interface HelpPage {
  name: string;
  /** What follows the name in the usage line. */
  usage: string;
  summary: string;
  /** Names are unique across groups. */
  groups: { title: string; options: OptionTable }[];
  /** Where results go, exit codes. */
  notes: string;
  examples: string[];
}

/** `-m, --message TEXT` */
function spelling(name: string, option: Option): string {
  const short = option.short === undefined ? '    ' : `-${option.short}, `;
  if (option.kind === 'flag') return `${short}--${isNegatable(option) ? 'no-' : ''}${name}`;
  const isOptional = option.kind === 'count' && option.otherwise !== undefined;
  return `${short}--${name} ${isOptional ? `[${option.hint}]` : option.hint}`;
}

/** The default as it would be typed; undefined if there is nothing to say. */
function defaultOf(option: Option): string | undefined {
  const { kind, default: value, defaultWords } = option;
  if (defaultWords !== undefined) return defaultWords;
  if (value === undefined || kind === 'flag' || value === 0) return undefined;
  if (kind === 'duration') return formatDuration(value);
  if (kind === 'size') return formatSize(value);
  return String(value);
}

/** The rows of one option, and of its negation if it has one. */
function rowsOf(name: string, option: Option): [spelled: string, summary: string][] {
  const value = defaultOf(option);
  const alias = option.alias === undefined ? '' : `, also --${option.alias}`;
  const summary = `${option.summary}${alias}${value === undefined ? '' : ` (default: ${value})`}`;
  const own: [string, string] = [spelling(name, option), summary];
  return option.kind === 'list' && option.negated !== undefined ? [own, [`    --no-${name}`, option.negated]] : [own];
}

function formatOptions(table: OptionTable, width: number): string {
  return Object.entries(table)
    .flatMap(([name, option]) => rowsOf(name, option))
    .map(([left, summary]) =>
      left.length > width ? `  ${left}\n  ${' '.repeat(width)}  ${summary}` : `  ${left.padEnd(width)}  ${summary}`,
    )
    .join('\n');
}

const widestNote = 100;

/** Breaks lines between words. */
function wrap(text: string): string {
  const lines: string[] = [];
  for (const paragraph of text.split('\n')) {
    let line = '';
    for (const word of paragraph.split(' ')) {
      if (line !== '' && line.length + 1 + word.length > widestNote) {
        lines.push(line);
        line = word;
      } else line = line === '' ? word : `${line} ${word}`;
    }
    lines.push(line);
  }
  return lines.join('\n');
}

/** The text of `rig <command> --help`. */
export function commandHelp(command: HelpPage): string {
  const width = Math.min(
    26,
    Math.max(
      ...command.groups.flatMap(({ options }) => Object.entries(options)).map((entry) => spelling(...entry).length),
    ),
  );
  return [
    `${command.summary}.\n\nUsage: rig ${command.name} ${command.usage}`,
    ...command.groups.map(({ title, options }) => `${title}:\n${formatOptions(options, width)}`),
    wrap(command.notes),
    ...(command.examples.length === 0 ? [] : [`Examples:\n${command.examples.map((line) => `  ${line}`).join('\n')}`]),
  ].join('\n\n');
}

/** The text of `rig --help`. */
export function overview(monitors: HelpPage[], others: HelpPage[], actions: OptionTable): string {
  const rows = (commands: HelpPage[]) =>
    commands.map(({ name, summary }) => `  rig ${name.padEnd(9)} ${summary}`).join('\n');
  return [
    'rig waits for one condition on this host, collects what the investigator needs at the moment it is met,\npacks that into one archive, and exits.',
    `Usage: rig <monitor> <condition> <actions>\n       rig <command>`,
    `Monitors:\n${rows(monitors)}`,
    `Actions, any number of them:\n${formatOptions(actions, 26)}`,
    `Commands:\n${rows(others)}`,
    '  rig <monitor|command> --help   its options and examples\n  rig --version                  version, commit, Node inside',
    `Example:\n  rig logs --message "This is my test message" --gcore $(pidof myservice)`,
    'Exit codes: 0 done, 1 it failed, 2 the command line is wrong. rig runs as root. Rigs do not survive a reboot.',
  ].join('\n\n');
}
