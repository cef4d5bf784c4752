/** `--unit-event`: events of units, by the ids that systemd gives its messages in any language (`journalctl --catalog`). */
import { UsageError } from '../../errors.ts';

const messageIds: Record<string, string | string[]> = {
  /** A unit ended with a result other than success, even if it is started again. */
  failed: 'd9b373ed55a64feb8242e02dbe79a49c',
  restarted: '5eb03494b6584870a536b337290809b3',
  /** Killed to free memory: by the kernel, or by systemd-oomd. */
  oom: ['fe6faa94e7774663a0da52717891d8ef', 'd989611b15e44c9dbf31e3c81256e4ed'],
  coredump: 'fc2e22bc6ee647b6b90729ab34a250b1',
  /** A process of the unit failed: the main one or, say, ExecStartPre=. */
  exited: '98e322203f7a4ed290d09fe03c09fe15',
};

/** The `FIELD=VALUE` selectors of the named events. Throws UsageError for an unknown name. */
export function matchesOfEvents(names: string[]): string[] {
  return names.flatMap((name) => {
    if (!Object.hasOwn(messageIds, name))
      throw new UsageError(`--unit-event: expected ${Object.keys(messageIds).join(', ')}, got ${JSON.stringify(name)}`);
    return [messageIds[name] ?? []].flat().map((id) => `MESSAGE_ID=${id}`);
  });
}
