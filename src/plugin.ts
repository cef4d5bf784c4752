/**
 * The contract between rig and its monitors and actions. A monitor knows nothing of actions, an action nothing of monitors.
 * Neither counts, holds, keeps time or knows whether the rig restarts: the rig does.
 */
import type { Clock } from './host/clock.ts';
import type { ProcessIdentity } from './host/processes/stat.ts';
import type { RunOptions, RunResult } from './host/programs/run-program.ts';
import type { Json } from './json.ts';
import type { OptionTable, Values } from './options/table.ts';

/** Plain facts, for the manifest. */
export type Facts = { [key: string]: Json };

/** One watched thing and how far it has been looked at, for `rig info`. */
export type SourceStatus = { source: string } & Facts;

/** Which process a trigger is about. */
export interface TriggerProcess {
  pid: number;
  /** When it did what triggered, in milliseconds since the epoch: a process that started later is another one. */
  seenAtMs: number;
}

/** What a plugin needs of the host, checked at creation. `package` is by family of distribution. */
export type Requirement =
  | { kind: 'program'; anyOf: readonly string[]; package: { debian: string; redhat: string; suse: string } }
  | { kind: 'file'; path: string; for: string };

/** What a monitor knows of processes: which one a trigger is about (`@match`), which ones it watches (`@monitor`). */
export type Gives = 'process' | 'processes';

/** What planning may use. It runs in the foreground, while the user watches. */
export interface Asking {
  /** Tells the user something that is not an error: one line on stderr. */
  remark(text: string): void;
  /** The full path of a program that the plugin requires; undefined where the host has another one instead. */
  program(name: string): string | undefined;
  /** Whether the rig will run attached, with the standard input that it was given. */
  isAttached: boolean;
  /** What the monitors give, for an action. Empty for a monitor. */
  gives: ReadonlySet<Gives>;
}

interface Plugin<T extends OptionTable, P> {
  name: string;
  /** One line for help. */
  summary: string;
  options: T;
  requires?: readonly Requirement[];
  /** Checks all that can be checked and makes plain data of it. Throws UsageError or RigError. */
  plan(values: Values<T>, ask: Asking): P | Promise<P>;
}

/** Something seen once. The rig counts it (--count --within --absent --distinct). */
export interface Sighting {
  /** What it was seen of: a file, `journal`, a process. */
  readonly subject: string;
  /** What was seen: the line, or words. Read only while `saw` runs: it may be made on demand. */
  readonly text: string;
  /** When it happened, on the rig's clock. */
  readonly atMs: number;
  /** How often: `message repeated 3 times`. Undefined: once. */
  readonly times?: number;
  /** Which of several texts it is: `second` is that of --then and --unless. Undefined: the first. */
  readonly slot?: 'first' | 'second' | 'both';
  /** What tells one kind of sighting from another, for --distinct. Undefined: `text`. */
  readonly kind?: string;
  /** Settled within a second. */
  readonly process?: Promise<TriggerProcess | undefined>;
  readonly facts?: Facts;
}

/** How something is, said at every look (--for --cycles). */
export interface Reading {
  subject: string;
  /** What was looked at: `state`, `rss`. */
  figure: string;
  value: string | number;
  limit: string | number;
  isMet: boolean;
  /** When, on the rig's clock. */
  atMs: number;
  process?: Promise<TriggerProcess | undefined>;
}

/** What the rig hands a monitor in the daemon. */
export interface MonitorContext {
  clock: Clock;
  /** Aborted when nothing more need be looked at: the last trigger has come, or the rig ends. */
  signal: AbortSignal;
  saw(sighting: Sighting): void;
  level(reading: Reading): void;
  /** A subject is gone: its levels are false from now on. */
  gone(subject: string): void;
  /** Something matched and does not count, for this reason. `text` is shown where a wrong guess should be noticed. */
  passOver(reason: string, text?: string): void;
  /** Something could not be seen. */
  gap(cause: string): void;
  /** Nothing can come any more: the rig ends, and has failed if it never triggered. */
  exhausted(reason: string): void;
  /** Something that the user should know: shown at creation while the rig is being armed, always logged. */
  remark(text: string): void;
  /** Detail for the log, written only with --debug. */
  debug(text: string): void;
}

/** An armed monitor. */
export interface Watch {
  /** Stops watching. Afterwards nothing is called any more and no child process is left. */
  stop(): Promise<void>;
  status(): SourceStatus[];
  /** How much later than it happened something may still be seen, in milliseconds. Undefined: at once. */
  lateMs?(): number;
  /** The processes that are watched now: `@monitor`. */
  processes?(): ProcessIdentity[];
  /**
   * Writes what came before the trigger into files in `dir`, which exists. Called once for each trigger, while its actions
   * run, and for the last one after `stop`. Resolves to what adds that which came since, called when the last action has ended.
   */
  saveContext?(dir: string, trigger: Trigger): Promise<() => Promise<void>>;
  /** Gives back what `saveContext` needed after `stop`. Called last. */
  close?(): void;
}

export interface Monitor<T extends OptionTable, P> extends Plugin<T, P> {
  examples: string[];
  /** Whether it tells a second text from the first one (--then, --unless); their values are among those that it plans with. */
  hasSecondSlot?: true;
  /** In a few words, for `rig list`: what is watched, and what makes it trigger. `second` is what --then or --unless waits for. */
  describe(plan: P): { watch: string; condition: string; second?: string; gives: readonly Gives[] };
  /** Tells how the condition would have done so far. It runs while the rig is being armed; it is quick and never throws. */
  lookBack?(plan: P, ask: Asking): Promise<void>;
  /** Starts watching. When it resolves, everything that happens from now on is seen. */
  watch(plan: P, rig: MonitorContext): Promise<Watch>;
}

/** The condition was met. */
export interface Trigger {
  /** ISO 8601. */
  time: string;
  /** The monitor's name; `rig` where a user or the rig itself triggered it. */
  monitor: string;
  subject: string;
  text: string;
  /** How many sightings there were, the last one included. */
  matches: number;
  /** What made it a trigger, where the text alone does not say it: `no match for 30s`. */
  because?: string;
  /** The sighting that came before and is a part of it. */
  earlier?: { subject: string; text: string; time: string };
  process?: Promise<TriggerProcess | undefined>;
  facts: Facts;
}

/** What an armed background action gets, and what every action gets at a trigger. */
export interface ActionContext {
  /** The rig's. */
  id: string;
  /** A folder of its own. It exists and is empty; at a trigger, its files go into the archive. */
  dir: string;
  clock: Clock;
  /** Aborted when the rig ends, the action's time is up or the disk is nearly full. */
  signal: AbortSignal;
  /** Why so many bytes more must not be written now (--min-free), in words; undefined when they may be. */
  spaceRefusal(bytes: number): Promise<string | undefined>;
  /**
   * Runs a program to its end. It is recorded in the manifest and ended with its process group when `signal` aborts.
   * A program that fails is a result; one that cannot be started throws a RigError.
   */
  run(file: string, args: string[], options?: RunOptions): Promise<RunResult>;
  log(text: string): void;
}

/** What a background action gets when it is armed. */
export interface RigContext extends Omit<ActionContext, 'run'> {
  /**
   * Keeps a program running until the rig ends or the disk is nearly full. It runs in a new folder of `dir` at each start, named
   * by a number; the folders of the last two starts are kept. When it ends by itself, that is a gap, and it is started again.
   * Resolves when it has said `ready` on stderr; throws a RigError with its own words when it does not.
   */
  keepRunning(file: string, args: string[], ready: string): Promise<KeptProgram>;
}

/** A program that the rig keeps running. */
export interface KeptProgram {
  /** The last 4 KiB of its stderr. */
  stderr(): string;
  /** Sends it a signal at which it says something. Gives its stderr with that, or without if it says nothing soon. */
  ask(signal: NodeJS.Signals): Promise<string>;
  /** Ends it, and does not start it again. */
  end(): Promise<void>;
}

/** What a running action gets. */
export interface TriggerContext extends ActionContext {
  trigger: Trigger;
  /** How long the action, or each of its parts, may take, in milliseconds. */
  timeoutMs: number;
  /** The facts of the trigger as environment variables: RIG_ID, RIG_LINE ... */
  environment(): Promise<Record<string, string>>;
  /** The processes that the monitors watch: `@monitor`. */
  monitorProcesses(): ProcessIdentity[];
}

/** An armed background action. */
export interface Background {
  /** How long after the trigger it hands over, in milliseconds. */
  tailMs: number;
  /** Puts what it has recorded into the folder. Returns what the manifest should say; throws a RigError when there is nothing. */
  collect(rig: TriggerContext): Promise<Facts>;
  stop(): Promise<void>;
  status(): SourceStatus[];
}

/** An action has at least one of `arm`, `atOnce`, `run` and `afterRecord`. */
export interface Action<T extends OptionTable, P> extends Plugin<T, P> {
  /** How long it may take unless --action-timeout says otherwise, in milliseconds. */
  timeoutMs: number;
  /** Whether --repeat runs it again: when it shows a moment, and not the host as a whole. */
  isRepeatable?: true;
  /** Whether it keeps its priority though the rig is to be nice: when being slow would change what it captures. */
  keepsPriority?: true;
  /** How many parts of the plan are done one after the other, where the time limit is for each of them. */
  parts?(plan: P): number;
  /** What it would leave in its folder now, and how many bytes at least. It is quick and never throws. */
  estimate?(plan: P): Promise<{ leaves: string; bytes: number }>;
  /** Starts recording, before the monitors watch. */
  arm?(plan: P, rig: RigContext): Promise<Background>;
  /** In the very turn of the trigger: may read /proc and send signals, no more. */
  atOnce?(plan: P, trigger: Trigger): void;
  /** At the trigger, one action after the other. Returns what the manifest should say; throws a RigError when it failed. */
  run?(plan: P, rig: TriggerContext): Promise<Facts>;
  /** After the last trigger, when the archive and the record are written: what may end the host itself. */
  afterRecord?(plan: P, rig: Omit<ActionContext, 'dir' | 'spaceRefusal'>): Promise<void>;
}

// biome-ignore lint/suspicious/noExplicitAny: the tables hold plugins of every option and plan type, each checked where it is defined
export type AnyMonitor = Monitor<any, any>;
// biome-ignore lint/suspicious/noExplicitAny: as above
export type AnyAction = Action<any, any>;

/** The tables that the engine works with. */
export interface Plugins {
  monitors: readonly AnyMonitor[];
  actions: readonly AnyAction[];
}

/** Gives a monitor's definition its types: the values it gets follow from its option table. */
export function defineMonitor<const T extends OptionTable, P>(monitor: Monitor<T, P>): Monitor<T, P> {
  return monitor;
}

/** Gives an action's definition its types: the values it gets follow from its option table. */
export function defineAction<const T extends OptionTable, P>(action: Action<T, P>): Action<T, P> {
  return action;
}
