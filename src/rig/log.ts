/** rig's own log: one line per event. */
import { closeSync, constants, fstatSync, openSync, renameSync, writeSync } from 'node:fs';
import { ensureOwnFolder } from '../host/folders.ts';
import { visible } from '../text.ts';
import { isoTime, logFile, logRoot } from './paths.ts';

/** A log that has grown to this size is set aside as `rig.log.1`, in the place of an older one: it must not fill a disk. */
const mostBytes = 10 * 1024 * 1024;

/** How many lines a rig keeps in memory for its archive. */
const keptLines = 2000;

type Level = 'debug' | 'info' | 'warn' | 'error';

export interface RigLog {
  debug(text: string): void;
  info(text: string): void;
  warn(text: string): void;
  error(text: string): void;
  /** This rig's last lines, for its archive. */
  lines(): string[];
}

/**
 * Appends one line. The file is opened for each, so that a rotated or removed log is never written to for long. It is only
 * a log: a full disk or a missing folder must not end the watch.
 */
function append(line: string): void {
  try {
    const flags = constants.O_WRONLY | constants.O_APPEND | constants.O_CREAT | constants.O_NOFOLLOW;
    const file = openSync(logFile, flags, 0o600);
    try {
      writeSync(file, `${line}\n`);
      if (fstatSync(file).size > mostBytes) renameSync(logFile, `${logFile}.1`);
    } finally {
      closeSync(file);
    }
  } catch {
    // Said above.
  }
}

/** Opens the log for one rig; `show` gets each line too (--foreground). Lines below info are only written with `debug`. */
export async function openLog(id: string, debug: boolean, show: (line: string) => void): Promise<RigLog> {
  await ensureOwnFolder(logRoot);
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
    lines: () => [...lines],
  };
}
