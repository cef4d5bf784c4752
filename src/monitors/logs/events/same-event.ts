/**
 * One event counts once. journald hands what it gets on to rsyslog, so the same message stands in the journal and in a file,
 * or in several; watched together, as they are by default, they would be two matches.
 *
 * Sightings are paired as multisets: the first sighting of an event counts, and of equal sightings in another place each
 * takes one of the counted ones away. So two equal messages within a second are two events, wherever they are read first.
 */
import { hash } from 'node:crypto';
import { hostname } from 'node:os';

/** How long after its first sighting an event is still recognized: a journalctl that failed is started again within 5 s. */
const pairWithinMs = 10_000;
/** The same for `message repeated N times`, which syslog writes only when something else comes, or after a minute. */
const pairRepeatsWithinMs = 120_000;
/** How many different messages are remembered; the oldest are forgotten first. */
const mostKeys = 16 * 1024;
/** How many events are remembered, of all messages together. */
const mostEvents = 64 * 1024;
/** How much of a message is compared: syslog cuts long ones, at a length of its own. */
export const comparedCharacters = 1024;
/** How much of a line is looked at. */
export const lookedAtBytes = 4096;

/** A sighting: where a matching line was read. */
export interface Sighting {
  /** `journal` or a path. */
  source: string;
  line: Buffer;
  /** The program, as the journal has it. */
  identifier?: string;
  /** It did not name itself to the journal: `identifier` is what journald found out, if anything. */
  isNameless?: true;
  /** When journald took it, on the clock of the times of reading; unknown for lines of files. */
  monotonicMs?: number;
}

/** What a syslog line says. */
export interface SyslogLine {
  /** Undefined where the line does not begin as syslog lines do. */
  host: string | undefined;
  /** Empty where syslog was told none. */
  identifier: string;
  /** The process id that stands behind the program's name. */
  pid: number | undefined;
  message: string;
}

/** `Nov 22 15:26:46 host ` or with an ISO 8601 time. */
const header = /^(?:[A-Z][a-z]{2} [ \d]\d [\d:]{8}|\d{4}-\d\d-\d\dT\S+) (\S+) /;
/** RFC 5424, as rsyslog writes it where its template is asked for: priority, version, time, host, program, id, type, data. */
const protocol = /^<\d{1,3}>1 \S+ (\S+) (\S+) (\S+) \S+ (?:-|(?:\[(?:[^\]\\]|\\.)*\])+)(?: |$)/;
/** `ident[pid]: ` or `ident: `. */
const tag = /(?:^|\s)(\S+?)(?:\[(\d+)\])?:(?:\s|$)/;
/** In the place of the program, where none is known: RFC 5424's NILVALUE, and what journald hands on. */
const nameless = /^(?:-|\[\d+\])$/;
const repeated = /^message repeated (\d+) times: \[ ?(.*)\]$/s;

/** Tells which sightings are of new events. */
export class SameEvent {
  /** Among files: the same whole line, time and all, in two of them. */
  readonly #lines = new Pairing();
  /** Between the journal and the files: the same message of the same program. */
  readonly #messages = new Pairing();
  /** Whether any entry was of a program that did not name itself. */
  #hasNameless = false;
  readonly #isAlone: boolean;

  /** `isAlone`: only one place is watched, so every sighting is new. */
  constructor(isAlone = false) {
    this.#isAlone = isAlone;
  }

  /**
   * How many events a sighting adds: 1 or 0, and up to N for `message repeated N times: [ ... ]`. `nowMs` is the time of
   * reading on a clock that is never set.
   */
  countNew(sighting: Sighting, nowMs: number): number {
    const { source, line, identifier = '', isNameless, monotonicMs = nowMs } = sighting;
    const text = line.toString('latin1', 0, lookedAtBytes);
    if (source === 'journal') {
      const { times, message } = unfold(normalize(text));
      if (this.#isAlone) return times;
      // What a rig that was stopped reads late may have been seen in a file long before.
      const when = { nowMs, loggedMs: Math.min(monotonicMs, nowMs), reachMs: pairWithinMs };
      if (!isNameless) return this.#messages.countNew([keyOf(identifier, message)], 'journal', times, when);
      this.#hasNameless = true;
      const keys = [keyOf('', message), keyOf(identifier, message)];
      return this.#messages.countNew(keys, 'journal', times, when, identifier);
    }
    const parsed = parseSyslogLine(text);
    const { times, message } = unfold(parsed?.message ?? normalize(text));
    if (!parsed || this.#isAlone) return times;
    const reachMs = times > 1 ? pairRepeatsWithinMs : pairWithinMs;
    const when = { nowMs, loggedMs: nowMs, reachMs };
    const isSyslog = parsed.host !== undefined;
    const fresh = isSyslog ? this.#lines.countNew([keyOf('', text)], source, 1, when) * times : times;
    if (fresh === 0 || (isSyslog && !isThisHost(parsed.host ?? '', nowMs))) return fresh;
    return this.#messages.countNew(this.#keysOf(parsed.identifier, message), 'files', fresh, when);
  }

  /**
   * The keys under which an event in a file may have been counted. If a program logs without a name and ends, journald may find
   * its name when it stores the entry, and no longer when it hands the message to syslog.
   */
  #keysOf(identifier: string, message: string): string[] {
    const own = keyOf(identifier, message);
    if (!this.#hasNameless) return [own];
    const other = keyOf('', message);
    return this.#messages.programOf(other) === identifier ? [own, other] : [own];
  }
}

/**
 * What a line says without what syslog puts before it, `message repeated N times` unfolded; the program's name stays. It is the
 * same for an event in the journal, where `identifier` is the name, and in a file.
 */
export function messageOfLine({ source, line, identifier }: Sighting): string {
  const text = line.toString('utf8', 0, lookedAtBytes);
  const parsed = source === 'journal' ? undefined : parseSyslogLine(text);
  const { message } = unfold(parsed?.message ?? normalize(text));
  const name = parsed?.identifier ?? identifier ?? '';
  return name === '' ? message : `${name}: ${message}`;
}

function unfold(message: string): { times: number; message: string } {
  const [, times, inner] = repeated.exec(message) ?? [];
  // No syslog counts this far.
  if (times === undefined || times.length > 7 || Number(times) < 1) return { times: 1, message };
  return { times: Number(times), message: (inner ?? '').trim() };
}

/** Reads a line that syslog wrote, up to 4 KiB of it; undefined where no program is named. */
export function parseSyslogLine(text: string): SyslogLine | undefined {
  if (repeated.test(text)) return undefined;
  const byProtocol = protocol.exec(text);
  const [start, host] = byProtocol ?? header.exec(text) ?? [''];
  const rest = text.slice(start.length);
  const found = byProtocol ? undefined : tag.exec(rest);
  const identifier = (byProtocol?.[2] ?? found?.[1])?.replace(nameless, '');
  if (identifier === undefined) return undefined;
  const pid = Number(byProtocol?.[3] ?? found?.[2]) || undefined;
  const message = normalize(found ? rest.slice(found.index + found[0].length) : rest);
  // rsyslog puts the kernel's own time before its messages, the journal has it in a field.
  const isKernel = identifier === 'kernel';
  return { host, identifier, pid, message: isKernel ? message.replace(/^\[ *\d+\.\d+\] /, '') : message };
}

/** As rsyslog writes a message on one line: control characters as `#` and three octal digits. */
function normalize(message: string): string {
  const asOctal = (control: string): string => `#${control.charCodeAt(0).toString(8).padStart(3, '0')}`;
  return message.trim().replace(/[\x00-\x1f\x7f]/g, asOctal);
}

function keyOf(identifier: string, message: string): string {
  return hash('sha1', `${identifier}\0${message.slice(0, comparedCharacters)}`, 'base64');
}

const shortName = (name: string): string => name.toLowerCase().replace(/\..*/s, '');

/** How long the name of this host is kept: asking for it takes as long as all the rest. */
const nameHoldsMs = 1000;
let [ownName, namedAtMs] = ['', Number.NEGATIVE_INFINITY];

/** The lines of other hosts, which a log server writes, have nothing to do with this host's journal. */
export function isThisHost(host: string, nowMs: number): boolean {
  if (nowMs - namedAtMs > nameHoldsMs) [ownName, namedAtMs] = [shortName(hostname()), nowMs];
  return shortName(host) === ownName || host === 'localhost';
}

/** The events with one key. In each place, the nth sighting is of the nth event. */
interface Events {
  /** When each was first seen, the oldest first; those before `forgotten` are gone. */
  firstSeenMs: number[];
  forgotten: number;
  /** The places, at most as many as are watched, and for each the number of the event that its next sighting is of. */
  places: string[];
  next: number[];
  /** The program of the last one, where that did not name itself. */
  program?: string;
}

/** Small arrays and no Map, since there are thousands of keys. */
const noEvents = (place: string): Events => ({ firstSeenMs: [], forgotten: 0, places: [place], next: [0] });

/** The index of a place; a new place is added. */
function indexOfPlace({ places, next }: Events, place: string): number {
  const known = places.indexOf(place);
  if (known >= 0) return known;
  next.push(0);
  return places.push(place) - 1;
}

/** When a sighting was read and logged, and how long before that its event may have been seen. */
interface When {
  nowMs: number;
  loggedMs: number;
  reachMs: number;
}

/** Pairs equal sightings of different places. */
class Pairing {
  /** In the order of their last new event. */
  readonly #byKey = new Map<string, Events>();
  #events = 0;

  /**
   * How many of the `times` sightings in one place are new events, which no other place has seen. Uses the first key with an
   * event that this place has not seen yet; otherwise keys[0].
   */
  countNew(keys: string[], place: string, times: number, when: When, program?: string): number {
    const { nowMs, loggedMs } = when;
    const key = (keys.length > 1 && keys.find((each) => this.#hasUnseen(each, place, when))) || (keys[0] as string);
    const events = this.#byKey.get(key) ?? noEvents(place);
    const index = indexOfPlace(events, place);
    this.#events -= forgetOld(events, loggedMs - pairRepeatsWithinMs);
    if (program !== undefined) events.program = program;
    const { firstSeenMs, forgotten } = events;
    const at = firstUnseen(events, events.next[index] as number, when);
    const paired = Math.min(times, firstSeenMs.length - at);
    const fresh = times - paired;
    const kept = Math.min(fresh, mostEvents - firstSeenMs.length);
    // Not by push(), which makes room for seventeen.
    if (firstSeenMs.length === 0 && kept > 0) events.firstSeenMs = new Array<number>(kept).fill(nowMs);
    else for (let count = 0; count < kept; count++) firstSeenMs.push(nowMs);
    events.next[index] = forgotten + Math.min(at + times, events.firstSeenMs.length);
    if (fresh > 0) this.#remember(key, events, kept);
    return fresh;
  }

  /** The program whose events have a key though it did not name itself. */
  programOf(key: string): string | undefined {
    return this.#byKey.get(key)?.program;
  }

  #hasUnseen(key: string, place: string, when: When): boolean {
    const events = this.#byKey.get(key);
    if (!events) return false;
    const next = events.next[events.places.indexOf(place)] ?? 0;
    return firstUnseen(events, next, when) < events.firstSeenMs.length;
  }

  #remember(key: string, events: Events, added: number): void {
    this.#byKey.delete(key);
    this.#byKey.set(key, events);
    this.#events += added;
    for (const [oldest, { firstSeenMs }] of this.#byKey) {
      if (this.#byKey.size <= mostKeys && this.#events <= mostEvents) return;
      this.#events -= firstSeenMs.length;
      this.#byKey.delete(oldest);
    }
  }
}

/** The index of the first event that a sighting may be of, in a place that has seen those before `next`. */
function firstUnseen({ firstSeenMs, forgotten }: Events, next: number, { loggedMs, reachMs }: When): number {
  let at = Math.max(next - forgotten, 0);
  while (at < firstSeenMs.length && (firstSeenMs[at] as number) < loggedMs - reachMs) at++;
  return at;
}

/** Forgets the events from before a time, and says how many. */
function forgetOld(events: Events, beforeMs: number): number {
  const kept = events.firstSeenMs.findIndex((atMs) => atMs >= beforeMs);
  const gone = kept < 0 ? events.firstSeenMs.length : kept;
  if (gone > 0) events.firstSeenMs.splice(0, gone);
  events.forgotten += gone;
  return gone;
}
