/** A program that logs numbered lines as a service does, and how far a rig has read them. */
import type { Enclosure } from './enclosure.ts';
import { theSources } from './rigs.ts';
import type { Running } from './running.ts';
import { waitFor } from './wait.ts';

/**
 * Appends `line N` until it is ended, a few in a millisecond, and tells N on its output when it ends. On SIGHUP it opens the
 * file again by its name, as services do after a rotation.
 */
const WRITER = `
use strict; use IO::Handle;
my ($file, $log, $number, $isOver) = ($ARGV[0], undef, 0, 0);
sub reopen { open(my $new, '>>', $file) or die $!; $new->autoflush(1); $log = $new }
$SIG{HUP} = \\&reopen; $SIG{TERM} = sub { $isOver = 1 };
reopen();
while (!$isOver) { print $log "line ", $number++, "\\n" for 1 .. 3; select(undef, undef, undef, 0.001) }
print "$number\\n";
`;

export class LogWriter {
  readonly #running: Running;

  constructor(running: Running) {
    this.#running = running;
  }

  get pid(): number {
    return this.#running.pid;
  }

  async pause(host: Enclosure): Promise<void> {
    await this.#running.signal('SIGSTOP');
    await waitFor('the writer to stand still', () => host.process(this.pid)?.state === 'T');
  }

  async resume(host: Enclosure): Promise<void> {
    await waitFor('the writer to go on', () => {
      // nsenter has stopped with it, and wakes it up when it goes on itself.
      this.#running.resumeWaiting();
      return host.process(this.pid)?.state !== 'T';
    });
  }

  /** Ends it and resolves to how many lines it has written. */
  async end(): Promise<number> {
    await this.#running.stop('SIGTERM');
    await this.#running.closed;
    return Number(this.#running.stdout);
  }
}

export async function startWriter(host: Enclosure, file: string): Promise<LogWriter> {
  const writer = new LogWriter(await host.spawn('perl', ['-e', WRITER, file]));
  await waitFor('the first lines', () => host.exists(file) && host.read(file) !== '');
  return writer;
}

/** How many lines a rig has examined, in all files together. */
export async function linesExamined(host: Enclosure, id: string): Promise<number> {
  return (await theSources(host, id)).reduce((sum, { lines }) => sum + Number(lines ?? 0), 0);
}
