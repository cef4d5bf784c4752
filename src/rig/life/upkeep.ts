/** What a rig looks after while it waits. */
import { existsSync } from 'node:fs';
import type { Cancel, Clock } from '../../host/clock.ts';
import { EventLoopWatch } from '../../host/event-loop.ts';
import type { RigLog } from '../log/log.ts';
import { shrinkHeap } from './heap.ts';

/** How often it looks: whatever holds up the event loop for 4 s is logged. */
const everyMs = 2000;

/** Starts the upkeep; returns what ends it. `socket` is the rig's control socket. */
export function startUpkeep(clock: Clock, socket: string, log: RigLog): Cancel {
  const loop = new EventLoopWatch(everyMs, (text) => log.error(text));
  let wasThere = true;
  return clock.every(everyMs, () => {
    loop.look();
    shrinkHeap();
    const isThere = existsSync(socket);
    if (wasThere && !isThere)
      log.error(`${socket} was removed: rig list does not find this rig any more; SIGTERM ends it`);
    wasThere = isThere;
  });
}
