/** argv in, exit code out. The only place that turns a failure into words. rig starts itself with `--daemon` and `--take-down`. */
import './host/clean-start.ts';
import { writeSync } from 'node:fs';
import { actions } from './actions/index.ts';
import { type Command, optionsOf, tell } from './commands/command.ts';
import { monitorCommands, otherCommands } from './commands/index.ts';
import { checkLogMeant } from './commands/log.ts';
import { errnoOf, messageOf, RigError, SeveralErrors, UsageError } from './errors.ts';
import { leaveHangingThreads } from './host/leave.ts';
import { waiting } from './host/waiting.ts';
import { monitors } from './monitors/index.ts';
import { commandHelp, overview } from './options/help.ts';
import { nearest } from './options/nearest.ts';
import { readArguments } from './options/parse.ts';
import type { Plugins } from './plugin.ts';
import { runDaemon } from './rig/daemon/daemon.ts';
import { rigVersion } from './rig/records/version.ts';
import { recordEarlierBoot } from './rig/recovery/earlier-boot.ts';
import { takeDownKilled } from './rig/recovery/leftover.ts';
import { noteReaderGone } from './terminal/terminal.ts';
import { visible } from './terminal/text.ts';

const plugins: Plugins = { monitors, actions };
const creating = monitorCommands(plugins);
const managing = otherCommands(plugins);
const commands = [...creating, ...managing];

function findCommand(name: string): Command {
  const command = commands.find((candidate) => candidate.name === name);
  if (command) return command;
  const names = commands.map((candidate) => candidate.name);
  const meant = nearest(name, names);
  const what = name.startsWith('-') ? `unknown option ${name}` : `unknown monitor or command "${name}"`;
  throw new UsageError(`${what}: ${meant === undefined ? `there are ${names.join(', ')}` : `did you mean ${meant}?`}`);
}

const print = (text: string): void => void process.stdout.write(`${text}\n`);

async function runCommand(name: string, argv: string[]): Promise<number> {
  const command = findCommand(name);
  if (argv.includes('--help') || argv.includes('-h')) {
    print(commandHelp(command));
    return 0;
  }
  if (process.geteuid?.() !== 0) throw new UsageError('rig runs as root only; try sudo');
  checkLogMeant(name, argv);
  const { given, words } = readArguments(optionsOf(command), argv);
  const limit = limitTime(command.limitMs?.(given));
  if (command.onlyShows !== true)
    await recordEarlierBoot().catch((error) => tell(`how rigs ended before the last reboot: ${messageOf(error)}`));
  return await command.run(given, words, [name, ...argv], () => clearTimeout(limit));
}

/** Ends the command when it takes longer than `ms`: a disk, a file system or a process does not answer. */
function limitTime(ms: number | undefined): NodeJS.Timeout | undefined {
  if (ms === undefined) return undefined;
  return setTimeout(() => {
    const what = waiting.words ?? 'the disk of /run, /var/lib or /var/log';
    // At once: the stream may wait for a thread.
    writeSync(process.stderr.fd, `rig: not done within ${ms / 1000} s: it waits for ${visible(what)}\n`);
    exit(1);
  }, ms).unref();
}

function exit(exitCode: number): void {
  leaveHangingThreads(exitCode);
  process.exit(exitCode);
}

async function main([name, ...argv]: string[]): Promise<number> {
  if (name === '--daemon') {
    await runDaemon(plugins);
    return 0;
  }
  if (name === '--take-down') {
    await takeDownKilled(argv[0] ?? '', argv[1] ?? '');
    return 0;
  }
  if (name === '--version' || name === '-V') {
    print(`rig ${rigVersion.version} (${rigVersion.commit}), Node ${rigVersion.node}`);
    return 0;
  }
  const [help = '--help', topic] = name === 'help' ? ['--help', argv[0]] : [name, undefined];
  if (help === '--help' || help === '-h') {
    if (topic !== undefined) return await runCommand(topic, ['--help']);
    const actionOptions = Object.fromEntries(actions.map(({ name, options }) => [name, options[name]]));
    print(overview(creating, managing, actionOptions));
    return name === undefined ? 2 : 0;
  }
  return await runCommand(help, argv);
}

/** What went wrong, in words: one line for an expected failure, everything we know for a bug of ours. */
function explain(error: unknown): { text: string; exitCode: number } {
  if (error instanceof SeveralErrors)
    return { text: error.errors.map((each) => visible(messageOf(each))).join('\nrig: '), exitCode: error.exitCode };
  if (error instanceof UsageError || error instanceof RigError)
    return { text: visible(messageOf(error)), exitCode: error.exitCode };
  // Any relative path needs the current folder.
  if (error instanceof Error && 'syscall' in error && error.syscall === 'uv_cwd')
    return { text: `the current folder cannot be read: ${errnoOf(error)}; change to another one`, exitCode: 1 };
  const stack = error instanceof Error && error.stack !== undefined ? error.stack : String(error);
  return {
    text: `unexpected, please report it (rig ${rigVersion.version}, ${rigVersion.commit}):\n${stack}`,
    exitCode: 1,
  };
}

/** Waits until all output has left this process: a pipe takes it asynchronously, and exit would cut it. */
const flush = (stream: NodeJS.WriteStream) => new Promise<void>((resolve) => stream.write('', () => resolve()));

let isOutputLost = false;
for (const stream of [process.stdout, process.stderr])
  stream.on('error', (error) => {
    // `rig list | head`: a reader that stops early is no failure.
    if (errnoOf(error) !== 'EPIPE') isOutputLost = true;
    else if (stream === process.stdout) noteReaderGone();
  });

main(process.argv.slice(2))
  .catch((error) => {
    const { text, exitCode } = explain(error);
    process.stderr.write(`rig: ${text}\n`);
    return exitCode;
  })
  .then(async (exitCode) => {
    await Promise.all([flush(process.stdout), flush(process.stderr)]);
    exit(isOutputLost ? 1 : exitCode);
  });
