/** rig's own log: one line per event. */
import { closeSync, constants, fstatSync, openSync, renameSync, writeSync } from 'node:fs';
import { errnoOf } from '../../errors.ts';
import { ensureOwnFolder } from '../../host/folders.ts';
import { visible } from '../../terminal/text.ts';
import { isoTime, logFile, logRoot } from '../records/paths.ts';

/** A log that has grown to this size is renamed to `rig.log.1`, which is replaced: logs must not fill the disk. */
const mostBytes = 10 * 1024 * 1024;

/** How many lines a rig keeps in memory for its archive. */
const keptLines = 2000;

type Level = 'debug' | 'info' | 'warn' | 'error';

export interface RigLog {
  debug(text: string): void;
  info(text: string): void;
  warn(text: string): void;
  error(text: string): void;
  /** An unexpected error, with its stack. */
  bug(error: unknown): void;
  /** This rig's last lines, for its archive. */
  lines(): string[];
}

/** Opens the file, and makes it if there is none. Throws the system's error. */
function openFile(): number {
  const flags = constants.O_WRONLY | constants.O_APPEND | constants.O_CREAT | constants.O_NOFOLLOW;
  return openSync(logFile, flags, 0o600);
}

/**
 * Appends one line. It opens the file each time, so that it does not go on writing to a rotated or removed one. A failure is
 * ignored: a full disk or a missing folder must not end the watch.
 */
function append(line: string): void {
  try {
    const file = openFile();
    try {
      writeSync(file, `${line}\n`);
      if (fstatSync(file).size > mostBytes) renameSync(logFile, `${logFile}.1`);
    } finally {
      closeSync(file);
    }
  } catch {
    // See above.
  }
}

/** Who listens to a log. */
interface LogListener {
  /** Each line, for --foreground. */
  show(line: string): void;
  /** What keeps the log from being written. */
  remark(text: string): void;
}

/** Opens the log for one rig. Lines below info are only written with `debug`. */
export async function openLog(id: string, debug: boolean, { show, remark }: LogListener): Promise<RigLog> {
  await ensureOwnFolder(logRoot);
  try {
    closeSync(openFile());
  } catch (error) {
    remark(`${logFile} cannot be written: ${errnoOf(error)}; what the rig logs is only in its archive`);
  }
  const lines: string[] = [];
  const log = (level: Level, text: string): void => {
    if (level === 'debug' && !debug) return;
    const line = `${isoTime(new Date())} ${id} ${level} ${visible(text)}`;
    lines.push(line);
    if (lines.length > keptLines) lines.shift();
    append(line);
    show(line);
  };
  return {
    debug: (text) => log('debug', text),
    info: (text) => log('info', text),
    warn: (text) => log('warn', text),
    error: (text) => log('error', text),
    bug: (error) => log('error', `unexpected: ${error instanceof Error ? error.stack : error}`),
    lines: () => [...lines],
  };
}
