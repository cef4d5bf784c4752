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

/** One watched thing and how far rig has looked at it, for `rig info`. */
export type SourceStatus = { source: string } & Facts;

/** Which process a trigger is about. */
export interface TriggerProcess {
  pid: number;
  /** When it caused the trigger, in milliseconds since the epoch: a process that started later is another one. */
  seenAtMs: number;
}

/** What a plugin needs on the host, checked at creation. `package` has one name for each family of distributions. */
export type Requirement =
  | { kind: 'program'; anyOf: readonly string[]; package: { debian: string; redhat: string; suse: string } }
  | { kind: 'file'; path: string; for: string };

/**
 * What a monitor knows about processes: `process`, which one a trigger is about (`@match`), or `tagged process`, where what it saw
 * says so; `processes`, which ones it watches (`@monitor`).
 */
export type Gives = 'process' | 'tagged process' | 'processes';

/** What a plugin may use while it plans: in the foreground, while the user watches. */
export interface Asking {
  /** Tells the user something that is no error: one line on stderr. */
  remark(text: string): void;
  /** The full path of a required program; undefined if the host has another one of `anyOf`. */
  program(name: string): string | undefined;
  /** Whether the rig will run in the foreground and can read standard input. */
  isAttached: boolean;
  /** For an action: what the monitors give. Empty for a monitor. */
  gives: ReadonlySet<Gives>;
}

interface Plugin<T extends OptionTable, P> {
  name: string;
  /** One line for help. */
  summary: string;
  options: T;
  requires?: readonly Requirement[];
  /** Checks the values as far as possible and turns them into plain data. Throws a UsageError or a RigError. */
  plan(values: Values<T>, ask: Asking): P | Promise<P>;
}

/** Something seen once. The rig counts it (--count --within --absent --distinct). */
export interface Sighting {
  /** Where it was seen: a file, `journal`, a process. */
  readonly subject: string;
  /** What was seen: the line, or words. It may be made on demand, so it is read only while `saw` runs. */
  readonly text: string;
  /** When it happened, on the rig's clock. */
  readonly atMs: number;
  /** How often it happened: `message repeated 3 times`. Undefined: once. */
  readonly times?: number;
  /** Which text matched: `second` is the one of --then or --unless. Undefined: the first. */
  readonly slot?: 'first' | 'second' | 'both';
  /** What --distinct tells kinds of sightings apart by. Undefined: `text`. */
  readonly kind?: string;
  /** It must settle within a second. */
  readonly process?: Promise<TriggerProcess | undefined>;
  readonly facts?: Facts;
}

/** The state of something at one look. The rig keeps the time (--for) and counts the looks (--cycles). */
export interface Reading {
  subject: string;
  /** What is measured: `state`, `rss`. */
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
  /** Aborted when there is nothing left to watch for: after the last trigger, or when the rig ends. */
  signal: AbortSignal;
  saw(sighting: Sighting): void;
  level(reading: Reading): void;
  /** The subject has gone: its levels are false from now on. */
  gone(subject: string): void;
  /** Something matched but does not count. `rig info` shows `text`, if given, so that a user can notice a wrong guess. */
  passOver(reason: string, text?: string): void;
  /** The monitor could not see something. */
  gap(cause: string): void;
  /** Nothing more can come: the rig ends, and has failed if it never triggered. */
  exhausted(reason: string): void;
  /** Something that the user should know. It is logged, and shown to the user until the rig is armed. */
  remark(text: string): void;
  /** Detail for the log with --debug. */
  debug(text: string): void;
}

/** An armed monitor. */
export interface Watch {
  /** Stops watching. Afterwards it calls nothing and has no child process. */
  stop(): Promise<void>;
  status(): SourceStatus[];
  /** How long after it happened something may still be seen, in milliseconds. Undefined: 0. */
  lateMs?(): number;
  /** The processes that it watches now: `@monitor`. */
  processes?(): ProcessIdentity[];
  /**
   * Writes what came before the trigger into files in `dir`, which exists. It is called once for each trigger, while the actions
   * run; for the last trigger, after `stop`. The function that it resolves to is called after the actions and adds what came since.
   */
  saveContext?(dir: string, trigger: Trigger): Promise<() => Promise<void>>;
  /** Releases what `saveContext` needs after `stop`. Called last. */
  close?(): void;
}

export interface Monitor<T extends OptionTable, P> extends Plugin<T, P> {
  examples: string[];
  /** It can also look for a second text: --then and --unless are among the values that it plans with. */
  hasSecondSlot?: true;
  /** In a few words, for `rig list`: what it watches, and what makes it trigger. `second` is the text of --then or --unless. */
  describe(plan: P): { watch: string; condition: string; second?: string; gives: readonly Gives[] };
  /** Remarks on what the condition would have matched so far. It runs while the rig is being armed, is quick and never throws. */
  lookBack?(plan: P, ask: Asking): Promise<void>;
  /** Starts watching. When it resolves, everything that happens from now on is seen. */
  watch(plan: P, rig: MonitorContext): Promise<Watch>;
}

/** The condition was met. */
export interface Trigger {
  /** ISO 8601. */
  time: string;
  /** The monitor's name; `rig` if a user or the rig itself triggered it. */
  monitor: string;
  subject: string;
  text: string;
  /** How many sightings there were, the last one included. */
  matches: number;
  /** Why it is a trigger, if the text alone does not say it: `no match for 30s`. */
  because?: string | undefined;
  /** The sighting that came first: that of --message, before that of --then. */
  earlier?: { subject: string; text: string; time: string } | undefined;
  /** Settles within a second and does not reject. */
  process?: Promise<TriggerProcess | undefined> | undefined;
  facts: Facts;
}

/** What an armed background action gets, and what every action gets at a trigger. */
export interface ActionContext {
  /** The rig's. */
  id: string;
  /** A folder of its own, empty at first. At a trigger, its files go into the archive. */
  dir: string;
  clock: Clock;
  /** Aborted when the rig ends, the action's time is up, or the disk is nearly full. */
  signal: AbortSignal;
  /** Why another `bytes` must not be written now (--min-free), in words; undefined if they may. */
  spaceRefusal(bytes: number): Promise<string | undefined>;
  /**
   * Runs a program to its end and records it in the manifest. When `signal` aborts, its process group is ended. A program that
   * fails gives a result; one that cannot be started throws a RigError.
   */
  run(file: string, args: string[], options?: RunOptions): Promise<RunResult>;
  log(text: string): void;
}

/** What a background action gets when it is armed. */
export interface RigContext extends Omit<ActionContext, 'run'> {
  /**
   * Keeps a program running until the rig ends or the disk is nearly full. Each start has a new folder in `dir`, named by its
   * number; the last one with files is kept too. If the program ends by itself, that is a gap, and it is started again.
   * Resolves when it has said `ready` on stderr; throws a RigError in its own words if it does not.
   */
  keepRunning(file: string, args: string[], ready: string): Promise<KeptProgram>;
}

/** A program that the rig keeps running. */
export interface KeptProgram {
  /** The last 4 KiB of its stderr. */
  stderr(): string;
  /** Sends a signal that the program answers on stderr. Resolves to its stderr, after the answer or a short wait. */
  ask(signal: NodeJS.Signals): Promise<string>;
  /** Ends it for good. */
  end(): Promise<void>;
}

/** What a running action gets. */
export interface TriggerContext extends ActionContext {
  trigger: Trigger;
  /** How long the action, or each of its parts, may take, in milliseconds. */
  timeoutMs: number;
  /** The trigger as environment variables: RIG_ID, RIG_LINE ... */
  environment(): Promise<Record<string, string>>;
  /** The processes that the monitors watch: `@monitor`. */
  monitorProcesses(): ProcessIdentity[];
}

/** An armed background action. */
export interface Background {
  /** How long it goes on after the trigger before it hands over, in milliseconds. */
  tailMs: number;
  /** Puts what it has recorded into the folder. Returns facts for the manifest; throws a RigError if it has nothing. */
  collect(rig: TriggerContext): Promise<Facts>;
  stop(): Promise<void>;
  status(): SourceStatus[];
}

/** An action has at least one of `arm`, `atOnce`, `run` and `afterRecord`. */
export interface Action<T extends OptionTable, P> extends Plugin<T, P> {
  /** How long it may take unless --action-timeout says otherwise, in milliseconds. */
  timeoutMs: number;
  /** Whether --repeat runs it again: it shows a moment, not the host as a whole. */
  isRepeatable?: true;
  /** Whether it runs at normal priority even in a nice rig: at a low one it would capture something else. */
  keepsPriority?: true;
  /** How many parts it has, one after the other. The time limit holds for each of them. */
  parts?(plan: P): number;
  /**
   * What it would leave in its folder now, and about how many bytes: a rig for which the disk has no room is not armed. It is
   * quick and never throws.
   */
  estimate?(plan: P): Promise<{ leaves: string; bytes: number }>;
  /** Starts recording, before the monitors watch. */
  arm?(plan: P, rig: RigContext): Promise<Background>;
  /** In the very event-loop turn of the trigger: may read /proc and send signals, no more. */
  atOnce?(plan: P, trigger: Trigger): void;
  /** At the trigger, one action after the other. Returns facts for the manifest; throws a RigError if it failed. */
  run?(plan: P, rig: TriggerContext): Promise<Facts>;
  /** After the last trigger, when archive and record are written: for an action that may end the host itself. */
  afterRecord?(plan: P, rig: Omit<ActionContext, 'dir' | 'spaceRefusal'>): Promise<void>;
}

// biome-ignore lint/suspicious/noExplicitAny: a table holds plugins of every option and plan type; each is checked where it is defined
export type AnyMonitor = Monitor<any, any>;
// biome-ignore lint/suspicious/noExplicitAny: as above
export type AnyAction = Action<any, any>;

/** The tables that the rig works with. */
export interface Plugins {
  monitors: readonly AnyMonitor[];
  actions: readonly AnyAction[];
}

/** Types a monitor: the values that it plans with follow from its option table. */
export function defineMonitor<const T extends OptionTable, P>(monitor: Monitor<T, P>): Monitor<T, P> {
  return monitor;
}

/** Types an action: the values that it plans with follow from its option table. */
export function defineAction<const T extends OptionTable, P>(action: Action<T, P>): Action<T, P> {
  return action;
}
