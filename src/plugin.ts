/**
 * The whole contract between rig and its monitors and actions. A monitor knows nothing of actions and an action nothing of
 * monitors: both get plain values, and a small context from the rig.
 */
import type { RunOptions, RunResult } from './host/programs/run-program.ts';
import type { Json } from './json.ts';

interface OptionBase {
  /** One line for `--help`: at most 60 columns. */
  summary: string;
  /** A one-letter spelling, without the dash. */
  short?: string;
}

/**
 * One option of a monitor, an action or a subcommand. Parsing, validation and help are made from it.
 * - flag: given or not
 * - text: one value, not empty
 * - texts: values that may hold commas: each repetition of the option gives one
 * - list: values, comma-separated or by repeating the option; with `bareNumbers`, bare numbers that follow belong to it too
 * - count: a whole number of at least 1; with `otherwise`, the value may be left out and is then that
 * - integer: a whole number of at least `minimum`, which may be negative
 * - size: `512K 10M 2G`, powers of 1024, a bare number is bytes; the value is in bytes
 * - space: a size, or a percentage of a file system
 * - choice: one of a few words
 * - duration: `250ms 10s 5m 2h 1d`, a bare number is seconds; the value is in milliseconds; 0 only with `orZero`
 */
export type Option =
  | (OptionBase & { kind: 'flag' })
  | (OptionBase & { kind: 'text'; hint: string })
  | (OptionBase & { kind: 'texts'; hint: string })
  | (OptionBase & { kind: 'list'; hint: string; bareNumbers?: true })
  | (OptionBase & { kind: 'count'; hint: string; otherwise?: number })
  | (OptionBase & { kind: 'integer'; hint: string; minimum: number })
  | (OptionBase & { kind: 'size'; hint: string })
  | (OptionBase & { kind: 'space'; hint: string })
  | (OptionBase & { kind: 'choice'; hint: string; choices: readonly string[] })
  | (OptionBase & { kind: 'duration'; hint: string; orZero?: true });

/** Options by their long name, without the dashes. */
export type OptionTable = Record<string, Option>;

/** An amount of disk space: in bytes, or as a part of the whole file system. */
export type Space = { bytes: number } | { percent: number };

interface ValueOf {
  flag: boolean;
  text: string | undefined;
  texts: string[] | undefined;
  list: string[] | undefined;
  count: number | undefined;
  integer: number | undefined;
  size: number | undefined;
  space: Space | undefined;
  choice: string | undefined;
  duration: number | undefined;
}

/** The typed values that a table's options get: a flag is a boolean, everything else is undefined when not given. */
export type Values<T extends OptionTable> = { [Name in keyof T]: ValueOf[T[Name]['kind']] };

/** What preparing a monitor or an action may use. It runs in the foreground, while the user still watches. */
export interface PrepareContext {
  /** Tells the user something that is not an error: one line on stderr. */
  remark(text: string): void;
  /** Whether the rig will run attached, with the standard input that it was given. */
  isAttached?: boolean;
  /** Whether the rig will watch again after a trigger. */
  isRestarting?: boolean;
}

/** A prepared monitor: `plan` goes to the daemon as it is. */
export interface PreparedMonitor<P> {
  plan: P;
  /** What is watched, in a few words, for `rig list`. */
  watch: string;
  /** What makes it trigger, in a few words, for `rig list`. */
  condition: string;
  /** Whether a trigger can name a process, as the journal does. */
  namesProcess: boolean;
  /** How many triggers may wait while a restarting rig works on one; undefined: one. */
  mayWait?: number;
  /** Tells how the condition would have done so far. It runs while the rig is being armed; it must be quick and never throw. */
  rehearse?(): Promise<void>;
}

/** The process that a trigger is about, as far as it is known. */
export interface TriggerProcess {
  pid: number;
  /** When it did what triggered, in milliseconds since the epoch: a process that started later is another one. */
  seenAtMs: number;
}

/** What fired: the facts that a monitor gives, JSON in the manifest. */
export interface TriggerFacts {
  /** The file, or `journal`. */
  source: string;
  /** The matching line, without its line end, decoded as UTF-8 and cut to 64 KiB. */
  line: string;
  /** How many matches there were, this one included. */
  matches: number;
  /** Where it stands: a byte offset in a file, or a journal cursor. */
  position: { file: string; inode: string; offset: number } | { cursor: string };
  /** When it was logged (journal) or read (file): ISO 8601. */
  loggedAt: string;
  /** What all lines of its kind have in common, where kinds are told apart (--distinct). */
  lineKind?: string;
  /** What made it a trigger, where the line alone does not say it: `no match for 30s`. Then the line may be empty. */
  because?: string;
  /** The line that came before and is a part of it. */
  earlier?: { source: string; line: string; loggedAt: string };
  /** What the groups of the expression captured, by number and by name; null for one that took no part. */
  groups?: { [name: string]: string | null };
  process?: TriggerProcess;
}

/** The fact that fired, with the rig's own part: when, by which monitor. */
export interface Trigger extends TriggerFacts {
  time: string;
  monitor: string;
}

/** What the rig hands a monitor in the daemon. */
export interface MonitorContext {
  /**
   * The condition is met. Returns whether the rig goes on watching: then the condition begins anew, and everything that comes
   * is examined; else nothing more need be.
   */
  fire(facts: TriggerFacts): 'over' | 'watching';
  /**
   * Why what matches does not count at the moment (a cooldown, a trigger that waits); undefined when it does. The monitor passes
   * it over and counts it by this reason.
   */
  holdReason(): string | undefined;
  /** Nothing can come any more, for the reason given: the rig ends, and has failed if it never triggered. */
  exhausted(reason: string): void;
  /** Something that the user should know: shown at creation while the rig is being armed, always logged. */
  remark(text: string): void;
  /** Detail for the log, written only with --debug. */
  debug(text: string): void;
}

/** One watched thing and how far it has been examined, for `rig info`. */
export type SourceStatus = { source: string } & { [key: string]: Json };

/** An armed monitor. */
export interface Watch {
  /** Stops watching; afterwards nothing is called any more and no child process is left. */
  stop(): Promise<void>;
  status(): SourceStatus[];
  /**
   * Writes what came before the trigger into files in `dir`, which exists. Called once for each trigger, while its actions
   * run, and for the last one after `stop`. Resolves to what adds the lines that came since, to be called when the last
   * action has ended.
   */
  saveContext?(dir: string, trigger: Trigger): Promise<() => Promise<void>>;
}

export interface Monitor<T extends OptionTable, P> {
  name: string;
  /** One line for `--help`. */
  summary: string;
  options: T;
  examples: string[];
  /** Checks everything that can be checked before anything starts. Throws UsageError or RigError. */
  prepare(values: Values<T>, context: PrepareContext): Promise<PreparedMonitor<P>>;
  /** Starts watching. When it resolves, everything that happens from now on is examined. */
  arm(plan: P, context: MonitorContext): Promise<Watch>;
  /**
   * Goes the way from what is watched to a trigger once, and gives what fired: what is compiled and loaded on it is so by then.
   * `dir` is for its files; it exists, is empty and is removed afterwards. May reject, and does so soon when `signal` aborts.
   */
  warmUp?(dir: string, signal: AbortSignal): Promise<TriggerFacts>;
}

/** What preparing an action may use. */
export interface ActionPrepareContext extends PrepareContext {
  /** Whether the monitor's trigger can name a process. */
  monitorNamesProcess: boolean;
}

/** What the rig hands a running action. */
export interface ActionContext {
  /** The rig's own. */
  id: string;
  /** The action's own folder in the archive. It exists and is empty; its files go into the archive. */
  dir: string;
  trigger: Trigger;
  /** Aborted when the rig is ended, the action's time is up or the disk is nearly full. */
  signal: AbortSignal;
  /** How long the action, or each of its parts, may take, in milliseconds. */
  timeoutMs: number;
  /** Why so many bytes more must not be written now (--min-free), in words; undefined when they may be. */
  spaceRefusal(bytes: number): Promise<string | undefined>;
  /**
   * Runs a program of this host: recorded in the manifest, ended with its whole process group when `signal` aborts.
   * A program that fails is a result, not an exception; one that cannot be started throws a RigError.
   */
  run(file: string, args: string[], options?: RunOptions): Promise<RunResult>;
  log(text: string): void;
}

export interface Action<T extends OptionTable, P> {
  /** Also the name of the option that selects it, and of its folder in the archive. */
  name: string;
  summary: string;
  options: T;
  /** Decides the order: what vanishes first is collected first. */
  priority: 'first' | 'normal' | 'late';
  /** Whether --repeat runs it again: when it shows a moment, and not the host as a whole. */
  repeatable?: true;
  /** Whether it keeps its priority though the rig is to be nice: when being slow would change what it captures. */
  keepsPriority?: true;
  /** How long it may take unless --action-timeout says otherwise, in milliseconds. */
  timeoutMs: number;
  /**
   * How many parts of the plan are done one after the other, where the limit is for each: then the action ends a part whose time
   * is up, and goes on with the next.
   */
  parts?(plan: P): number;
  /** Checks that it can work on this host and pins what it is about. Throws UsageError or RigError. */
  prepare(values: Values<T>, context: ActionPrepareContext): Promise<P>;
  /** What it would leave in its folder now, in a few words, for `rig info`. It must be quick and never throw. */
  produces?(plan: P): string | Promise<string>;
  /** How many bytes it would write now, at least. It must be quick and never throw. */
  needs?(plan: P): Promise<number>;
  /** A plan by which `run` goes its usual way and does nothing to anybody, with `program`, true(1), in the place of its program. */
  warmUp?(plan: P, program: string): P | Promise<P>;
  /** Collects. Returns what the manifest should say of it; throws a RigError when it did not do what it is for. */
  run(plan: P, context: ActionContext): Promise<{ [key: string]: Json }>;
}

// biome-ignore lint/suspicious/noExplicitAny: the table holds plugins of every option and plan type, each checked where it is defined
export type AnyMonitor = Monitor<any, any>;
// biome-ignore lint/suspicious/noExplicitAny: as above
export type AnyAction = Action<any, any>;

/** Gives a monitor's definition its types: the values it gets follow from its option table. */
export function defineMonitor<const T extends OptionTable, P>(monitor: Monitor<T, P>): Monitor<T, P> {
  return monitor;
}

/** Gives an action's definition its types: the values it gets follow from its option table. */
export function defineAction<const T extends OptionTable, P>(action: Action<T, P>): Action<T, P> {
  return action;
}
